import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
