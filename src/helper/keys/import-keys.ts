import { type FileChange, findKeys, type NamedKey, planMove } from '../../aws/files/key-move.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { KeptKey } from '../../ipc/endpoints/aws-keys.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import { confirmShown } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { findOtherFiles, type OtherFiles } from '../profiles/other-files.ts'
import { addYes, formatChanges } from './change-report.ts'
import { isInGit } from './git-history.ts'
import { type NamingOptions, nameKeys } from './name-keys.ts'
import { replaceText } from './replace-text.ts'
import { readSearchedFiles, sha256Of } from './searched-files.ts'
import { completeImports, reportUnfinished } from './unfinished-imports.ts'

/** What `latchkey aws keys import` is told. */
export interface ImportOptions extends NamingOptions {
  profile?: string
  dryRun?: true
  yes?: true
}

/**
 * Moves keys out of files: shows what it would do, keeps what the files had in the keychain, has each key verified and
 * stored, and takes it out of the files last. Killed at any step, each key is in the keychain, or where it was, or both.
 */
export async function importKeys(
  named: readonly string[],
  options: ImportOptions,
  context: CommandContext,
): Promise<void> {
  const { keys: stored } = await context.daemon.call('listKeys')
  await reportUnfinished(stored, context)
  const files = await readSearchedFiles(named, context)
  const found = findKeys(files)
  for (const note of found.notes) context.note(`${displayLine(note)}\n`)
  const { profile } = options
  const wanted = found.movable.filter(
    ({ places }) => profile === undefined || places.some((place) => place.profile === profile),
  )
  if (wanted.length === 0) {
    if (profile !== undefined)
      throw noProfile(
        profile,
        found.movable.flatMap(({ places }) => places.map((place) => place.profile ?? '')),
      )
    context.print(`no access key to move in ${files.map(({ path }) => displayLine(path)).join(', ')}\n`)
    return
  }
  const keys = await nameKeys(wanted, files, stored, options, context)
  const { profiles, files: ofDaemon } = await context.daemon.call('listProfiles')
  const sources = sourcesOf(profiles)
  refuseUnread(keys, sources, await findOtherFiles(ofDaemon, context), context)
  const { changes, notes } = planMove(files, keys, { latchkey: context.commandPath, sources })
  const secrets = found.movable.flatMap(({ places }) => places.map(({ secretAccessKey }) => secretAccessKey))
  const moves = keys.map(({ accessKeyId, source }) => `${accessKeyId} goes into the keychain as ${source}`)
  const shown = `${moves.map((line) => `${displayLine(line)}\n`).join('')}${formatChanges(changes, secrets)}`
  context.print(shown)
  for (const note of notes) context.note(`${displayLine(note)}\n`)
  if (options.dryRun) return
  if (!options.yes) {
    const what = keys.length === 1 ? 'this key' : `these ${keys.length} keys`
    await confirmShown(context, { shown, question: `move ${what}, and change the files like this?`, hint: addYes })
  }

  const isNew = ({ accessKeyId }: NamedKey) => !stored.some((each) => each.accessKeyId === accessKeyId)
  const { id } = await context.daemon.call('beginImport', {
    body: {
      keys: keys.map((key) => ({ source: key.source, accessKeyId: key.accessKeyId, isNew: isNew(key) })),
      files: changes.map(({ path, before, after, hunks }) => ({
        path,
        before: sha256Of(before),
        after: sha256Of(after),
        hunks,
      })),
    },
  })
  const kept = await storeAll(keys, id, context)
  for (const change of changes) await replaceText(change, 'the key is in the keychain')
  await context.daemon.call('completeImport', { params: { id } })
  await completeImports(context)
  context.print(formatKept(kept, changes))
  await advise(keys, context)
}

/** The sources of config.toml, with the devices that it says. */
function sourcesOf(profiles: readonly AwsProfileEntry[]): ReadonlyMap<string, { mfaSerial?: string | undefined }> {
  const sources = profiles.filter(({ definedIn, source }) => definedIn === 'config.toml' && source === undefined)
  return new Map(sources.map(({ name, mfaSerial }) => [name, { mfaSerial }]))
}

/**
 * A profile that is led to latchkey works where the daemon knows it: by config.toml, or by the same AWS files.
 * @throws {HelperError} REFUSED
 */
function refuseUnread(
  keys: readonly NamedKey[],
  sources: ReadonlyMap<string, unknown>,
  others: OtherFiles | undefined,
  { note }: CommandContext,
): void {
  if (others === undefined) return
  const unknown = keys.filter(
    ({ source, places }) => !sources.has(source) && places.some(({ file }) => file.role !== 'other'),
  )
  if (others.isConfig && unknown.length > 0)
    throw new HelperError(
      'REFUSED',
      `${others.message}: it would not know ${unknown.map(({ source }) => source).join(', ')}`,
      { hint: others.hint },
    )
  note(`${displayLine(others.message)}\nhint: ${displayLine(others.hint)}\n`)
}

/** All of them before a file is changed. Where the first one fails, nothing has been done that could be undone. */
async function storeAll(keys: readonly NamedKey[], id: string, context: CommandContext): Promise<KeptKey[]> {
  const kept: KeptKey[] = []
  for (const { source, accessKeyId, places } of keys) {
    const body = { source, accessKeyId, secretAccessKey: places[0]!.secretAccessKey.expose() }
    try {
      kept.push(await context.daemon.call('importKey', { body }))
    } catch (error) {
      // Where that fails too, as on a full disk, the next run says so.
      if (kept.length === 0) await context.daemon.call('removeImport', { params: { id } }).catch(() => {})
      throw error
    }
  }
  return kept
}

function formatKept(kept: readonly KeptKey[], changes: readonly FileChange[]): string {
  const lines = kept.flatMap(({ source, accessKeyId, arn, isVerified }) => [
    `stored ${accessKeyId} as ${source}${arn === undefined ? '' : `, a key of ${arn}`}`,
    ...(isVerified ? [] : ['AWS could not be asked whether it works']),
  ])
  const undo = 'for 30 days it can be undone: latchkey aws keys import --undo'
  return [...lines, `changed ${changes.map(({ path }) => path).join(', ')}`, undo]
    .map((line) => `${displayLine(line)}\n`)
    .join('')
}

/** A key that stood in a file may have been copied from there: only a new one is known to nobody else. */
async function advise(keys: readonly NamedKey[], context: CommandContext): Promise<void> {
  const { environment } = context
  const paths = new Set(keys.flatMap(({ places }) => places.map(({ file }) => file.path)))
  for (const path of paths) {
    if (await isInGit(path, environment))
      context.note(
        `${displayLine(`git still has the key in ${path}, and so has every copy of the repository: only a new key helps`)}\n`,
      )
  }
  for (const { source } of keys)
    context.note(`it stood in plain text; make a new one: latchkey aws keys rotate ${displayLine(shellWord(source))}\n`)
  if (keys.some(({ accessKeyId }) => accessKeyId === environment.AWS_ACCESS_KEY_ID))
    context.note('this shell still has it: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n')
}

function noProfile(profile: string, names: readonly string[]): HelperError {
  const near = nearestNames(
    profile,
    names.filter((name) => name !== ''),
  )
  const meant = near.length === 0 ? '' : `: did you mean ${near.join(' or ')}?`
  return new HelperError('REFUSED', `no profile ${profile} has an access key in these files${meant}`, {
    hint: 'latchkey aws keys import --dry-run',
  })
}
