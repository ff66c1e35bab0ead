import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { latchkeyPath } from './latchkey.ts'
import { findProgram } from './peers.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A folder for PATH with these programs and no other. */
export function folderWith(...names: string[]): string {
  const folder = temporaryFolder()
  for (const name of names) {
    const target = name === 'node' ? process.execPath : findProgram(name)
    if (target === undefined || !existsSync(target)) throw new Error(`there is no ${name}`)
    // A script, for a program may look at the name of its link.
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${target} "$@"\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

/** A link to one of the programs in dist/ as a person may have it on PATH: to one like those of npm. */
export function linkThroughNpm(name: string): string {
  const folder = temporaryFolder()
  const npmBin = join(folder, 'node_modules/.bin')
  mkdirSync(npmBin, { recursive: true })
  mkdirSync(join(folder, 'node_modules/latchkey'))
  symlinkSync(dirname(latchkeyPath), join(folder, 'node_modules/latchkey/dist'))
  symlinkSync(`../latchkey/dist/${name}`, join(npmBin, name))
  const link = join(folder, 'link')
  symlinkSync(join(npmBin, name), link)
  return link
}
