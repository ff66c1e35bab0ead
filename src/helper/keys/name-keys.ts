import { type MovableKey, type NamedKey, type SearchedFile, sourceNameOf } from '../../aws/files/key-move.ts'
import { sectionNameMistake } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { checkSource } from './source-check.ts'

/** What says under which name a key is stored. */
export interface NamingOptions {
  source?: string
  new?: true
}

/** The sources that have a key in the keychain. */
export type StoredKeys = readonly { source: string; accessKeyId: string }[]

/**
 * The source of each key: the one that has it already, else the one that is named, else the profile that has it.
 * @throws {HelperError} USAGE, REFUSED, CANCELLED
 */
export async function nameKeys(
  keys: readonly MovableKey[],
  files: readonly SearchedFile[],
  stored: StoredKeys,
  options: NamingOptions,
  context: CommandContext,
): Promise<NamedKey[]> {
  const others = files.filter(({ role }) => role === 'other').map(({ path }) => shellWord(path))
  const command = ['latchkey aws keys import', ...others].join(' ')
  if (options.source !== undefined && keys.length > 1)
    throw new HelperError('USAGE', `there are ${keys.length} keys, which cannot all be ${options.source}`, {
      hint: 'say which one is meant: --profile PROFILE',
    })
  const named: NamedKey[] = []
  for (const key of keys) {
    const held = stored.find(({ accessKeyId }) => accessKeyId === key.accessKeyId)?.source
    const { name, isForced } = sourceNameOf(key, files)
    const source = held ?? options.source ?? name
    if (held !== undefined && options.source !== undefined && held !== options.source)
      throw refused(`the keychain has ${key.accessKeyId} already, as ${held}`, 'leave out --source')
    if (isForced && source !== name && source === key.places[0]!.profile)
      throw refused(`${source} is a role, so its key needs another name`, `--source ${shellWord(name)}`)
    const mistake = sectionNameMistake(source)
    if (mistake !== undefined)
      throw refused(
        `${JSON.stringify(source)} ${mistake}, so ${key.accessKeyId} needs another name`,
        'give it one: --source NAME',
      )
    const isSure = held !== undefined || (isForced && source === name)
    if (!isSure) await checkSource(source, { command, option: '--source ', isMeant: options.new }, context)
    const other =
      named.find((each) => each.source === source) ??
      stored.find((each) => each.source === source && held === undefined)
    if (other !== undefined)
      throw refused(
        `${key.accessKeyId} and ${other.accessKeyId} would both be ${source}`,
        'import them one at a time: --profile PROFILE --source NAME',
      )
    named.push({ ...key, source })
  }
  return named
}

function refused(message: string, hint: string): HelperError {
  return new HelperError('REFUSED', message, { hint })
}
