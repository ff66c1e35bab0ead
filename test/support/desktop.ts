import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

/** A desktop whose notifier writes down what it is told. */
export interface Desktop {
  /** For the daemon, before the PATH of the tests. */
  env: Readonly<Record<string, string>>
  /** What it was told, a text for each notification. */
  told(): readonly string[]
}

/** Makes a folder with a notify-send in it. */
export function makeDesktop(): Desktop {
  const folder = temporaryFolder()
  // What others could change is not run.
  chmodSync(folder, 0o700)
  const told = join(folder, 'told')
  writeFileSync(join(folder, 'notify-send'), `#!/bin/sh\nfor text; do :; done\nprintf '%s\\n' "$text" >>${told}\n`, {
    mode: 0o700,
  })
  return {
    env: { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':99' },
    told: () => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []),
  }
}
