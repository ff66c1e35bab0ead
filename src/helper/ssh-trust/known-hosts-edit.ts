import { shellWord } from '../../core/text/shell-word.ts'
import { formatHostName } from '../../ssh/known-hosts/host-name.ts'
import { type HostConflict, type PinnedName, type PinOutcome, pinKeys } from '../../ssh/known-hosts/pin-keys.ts'
import { HelperError } from '../fast/failure.ts'
import { edit } from '../profiles/profile-files.ts'

/** As much of such a file as the daemon reads. */
export const maxKnownHostsBytes = 16 * 1024 * 1024

/** So many lines that each have to be hashed for a name take a second on a slow machine. */
const manyHashes = 100_000

/**
 * What adds the keys of a host to a known_hosts file, or, as a trial, finds out whether that can be done. What was found out
 * counts for as long as the file is the same: in a large one whose names are hashed, looking takes seconds.
 * @param tell gets a line for a person where it may take long
 * @returns how many lines are added
 * @throws {HelperError} from each call: REFUSED: a name has another key, a key is revoked, or the file cannot be edited; TIMED_OUT
 */
export function createPinning(
  file: string,
  names: readonly PinnedName[],
  keys: readonly Uint8Array[],
  tell: (text: string) => void,
): (isTrial: boolean) => Promise<number> {
  let last: { text: string; outcome: PinOutcome } | undefined
  const change = (text: string) => {
    if (last?.text !== text) {
      const hashed = text.split('|1|').length - 1
      if (hashed * names.length > manyHashes)
        tell(
          `looking for ${names.length} ${names.length === 1 ? 'name' : 'names'} in ${hashed} hashed lines of ${file}`,
        )
      last = { text, outcome: pinKeys(text, names, keys) }
    }
    const { outcome } = last
    return outcome.type === 'pinned' ? outcome.text : text
  }
  return async (isTrial) => {
    await edit(file, true, change, {
      isTrial,
      maxBytes: maxKnownHostsBytes,
      encoding: 'latin1',
      hint: `ls -l ${shellWord(file)}`,
    })
    return addedBy(file, last!.outcome)
  }
}

/**
 * How many lines are added to a file.
 * @throws {HelperError} REFUSED: a name has another key there, or a key is revoked
 */
export function addedBy(file: string, outcome: PinOutcome): number {
  switch (outcome.type) {
    case 'pinned':
      return outcome.added
    case 'revoked':
      throw new HelperError('REFUSED', `${file}:${outcome.line} says that one of these keys is revoked`, {
        hint: 'a machine that has it is not to be trusted: make new host keys on the machine',
      })
    case 'conflict':
      throw conflictError(file, outcome.conflicts)
  }
}

function conflictError(file: string, conflicts: readonly HostConflict[]): HelperError {
  const said = conflicts.map(({ line, name }) => `${file}:${line} has another key for ${formatHostName(name)}`)
  return new HelperError('REFUSED', [...new Set(said)].slice(0, maxSaid).join('; '), {
    hint: `${mendOf(file, conflicts)}; or --hosts OTHER,NAMES`,
  })
}

function mendOf(file: string, conflicts: readonly HostConflict[]): string {
  const pattern = conflicts.find(({ isPattern }) => isPattern)
  if (pattern !== undefined) return `line ${pattern.line} is about more names than this one: correct it`
  const shared = conflicts.find(({ isShared }) => isShared)
  const name = formatHostName((shared ?? conflicts[0]!).name)
  return shared === undefined
    ? `where another machine had the name: ssh-keygen -R ${shellWord(name)} -f ${shellWord(file)}`
    : `where another machine had the name: take ${name} out of line ${shared.line} by hand, for ssh-keygen -R would take other names along`
}

/** More lines than that nobody reads in one message. */
const maxSaid = 5
