import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A YubiKey, and the program that reads it. */
export interface Ykman {
  /** The folder of the program, for PATH. */
  bin: string
  /** Where the seed of its account goes, in base32. */
  seedFile: string
  /** How often the program was run. */
  runs(): number
  plugIn(): void
  /** Touches the key, as soon as it waits for that. */
  touch(): Promise<void>
}

/**
 * A double of `ykman oath accounts code [--single] QUERY`, whose one account needs a touch. Its words and its statuses are
 * those of yubikey-manager 5 (ykman/_cli/oath.py, __main__.py, util.py); codes come from oathtool.
 */
export function makeYkman(folder: string, account: string): Ykman {
  const bin = join(folder, 'ykman-bin')
  const state = join(folder, 'yubikey')
  for (const path of [bin, state]) mkdirSync(path)
  const [plugged, touches, runs] = ['plugged', 'touches', 'runs'].map((name) => join(state, name)) as [
    string,
    string,
    string,
  ]
  execFileSync('mkfifo', [touches])
  const seedFile = join(state, 'seed')
  writeFileSync(runs, '')
  writeFileSync(
    join(bin, 'ykman'),
    `#!/bin/sh
echo run >>'${runs}'
fail() { echo "ERROR: $1" >&2; exit "\${2:-1}"; }
[ "$1 $2 $3" = 'oath accounts code' ] || { echo "Error: No such command '$1'." >&2; exit 2; }
shift 3
[ "$1" = --single ] && { single=1; shift; }
[ -e '${plugged}' ] || fail 'No YubiKey detected!'
case '${account}' in *"$1"*) ;; *) fail 'No matching account found.' ;; esac
echo 'Touch your YubiKey...' >&2
read -r touch <'${touches}'
code=$(oathtool --totp --base32 "$(cat '${seedFile}')")
[ -n "$single" ] && echo "$code" || echo "${account}  $code"
`,
  )
  chmodSync(join(bin, 'ykman'), 0o755)
  return {
    bin,
    seedFile,
    runs: () => readFileSync(runs, 'utf8').split('\n').length - 1,
    plugIn: () => writeFileSync(plugged, ''),
    touch: () => writeFile(touches, 'touch\n'),
  }
}
