import { shellWord } from '../../core/text/shell-word.ts'
import { formatHostName } from '../../ssh/known-hosts/host-name.ts'
import { type HostConflict, type PinnedName, type PinOutcome, pinKeys } from '../../ssh/known-hosts/pin-keys.ts'
import { HelperError } from '../fast/failure.ts'
import { edit } from '../profiles/profile-files.ts'

/** As much of it as the daemon reads. */
const maxBytes = 16 * 1024 * 1024

/**
 * Adds the keys of a host to a known_hosts file, or, as a trial, finds out whether that can be done.
 * @returns how many lines are added
 * @throws {HelperError} REFUSED: a name has another key, a key is revoked, or the file cannot be edited; TIMED_OUT
 */
export async function pinInFile(
  file: string,
  names: readonly PinnedName[],
  keys: readonly Uint8Array[],
  isTrial: boolean,
): Promise<number> {
  let outcome: PinOutcome | undefined
  const change = (text: string) => {
    outcome = pinKeys(text, names, keys)
    return outcome.type === 'pinned' ? outcome.text : text
  }
  await edit(file, true, change, { isTrial, maxBytes, encoding: 'latin1', hint: `ls -l ${shellWord(file)}` })
  switch (outcome!.type) {
    case 'pinned':
      return outcome!.added
    case 'revoked':
      throw new HelperError('REFUSED', `${file}:${outcome!.line} says that one of these keys is revoked`, {
        hint: 'whoever has it is not to be trusted: make new host keys on the machine',
      })
    case 'conflict':
      throw conflictError(file, outcome!.conflicts)
  }
}

function conflictError(file: string, conflicts: readonly HostConflict[]): HelperError {
  const said = conflicts.map(({ line, name }) => `${file}:${line} has another key for ${formatHostName(name)}`)
  const pattern = conflicts.find(({ isPattern }) => isPattern)
  const name = formatHostName(conflicts[0]!.name)
  return new HelperError('REFUSED', [...new Set(said)].slice(0, maxSaid).join('; '), {
    hint:
      pattern === undefined
        ? `where another machine had the name: ssh-keygen -R ${shellWord(name)} -f ${shellWord(file)}; or --hosts OTHER,NAMES`
        : `line ${pattern.line} is about more names than this one: correct it, or --hosts OTHER,NAMES`,
  })
}

/** More lines than that nobody reads in one message. */
const maxSaid = 5
