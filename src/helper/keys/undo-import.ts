import { findKeys } from '../../aws/files/key-move.ts'
import { type LineHunk, withoutHunks } from '../../aws/files/line-hunks.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { confirmShown } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { addYes, formatChanges } from './change-report.ts'
import { replaceText } from './replace-text.ts'
import { readEditable, sha256Of } from './searched-files.ts'

/** What `latchkey aws keys import --undo` is told. */
export interface UndoOptions {
  dryRun?: true
  yes?: true
}

/**
 * Undoes the last import that has not been undone: the lines come back into the files, and the keys that it had put into
 * the keychain go. Killed at any step it can be run again.
 */
export async function undoImport(options: UndoOptions, context: CommandContext): Promise<void> {
  const { imports } = await context.daemon.call('listImports')
  const newest = imports.at(-1)
  if (newest === undefined)
    throw new HelperError('REFUSED', 'there is no import to undo: they can be undone for 30 days', {
      hint: 'latchkey aws keys list',
    })
  const { id, keys } = newest
  const { files } = await context.daemon.call('readImport', { params: { id } })
  const changes: { path: string; text: string; restored: string; hunks: LineHunk[] }[] = []
  for (const { path, before, hunks } of files.toReversed()) {
    const present = await readEditable(path)
    const text = present ?? ''
    if (sha256Of(text) === before) continue
    if (present === undefined) throw notThere(path)
    const restored = withoutHunks(text, hunks)
    if (restored === undefined) throw notFound(path)
    changes.push({ path, text, restored, hunks: hunks.map(inverse) })
  }
  const searched = changes.map(({ path, restored }) => ({ path, role: 'other' as const, text: restored }))
  const secrets = findKeys(searched).movable.flatMap(({ places }) =>
    places.map(({ secretAccessKey }) => secretAccessKey),
  )
  const shown = `the import of ${newest.startedAt}\n${formatChanges(changes, secrets)}`
  context.print(shown)
  if (options.dryRun) return
  if (!options.yes)
    await confirmShown(context, { shown, question: 'put this back, the keys in plain text?', hint: addYes })
  for (const { path, text, restored } of changes)
    await replaceText({ path, before: text, after: restored }, 'the key is in the keychain still')
  const stored = (await context.daemon.call('listKeys')).keys
  for (const { source, accessKeyId, isNew } of keys) {
    const isHeld = stored.some((each) => each.source === source && each.accessKeyId === accessKeyId)
    if (isNew && isHeld) await context.daemon.call('removeKey', { params: { source } })
  }
  // With its key the keychain has forgotten it already.
  if ((await context.daemon.call('listImports')).imports.some((each) => each.id === id))
    await context.daemon.call('removeImport', { params: { id } })
  context.print(
    keys.map(({ accessKeyId }) => `${displayLine(`${accessKeyId} is where it was, in plain text`)}\n`).join(''),
  )
}

const inverse = ({ removed, added, ...place }: LineHunk): LineHunk => ({ ...place, removed: added, added: removed })

function notThere(path: string): HelperError {
  return new HelperError('REFUSED', `there is no file ${path} any more, into which the lines could come back`, {
    hint: 'bring it back first; the keychain still has the key',
  })
}

function notFound(path: string): HelperError {
  return new HelperError(
    'REFUSED',
    `${path} has been edited so much since that the lines have no place in it any more`,
    {
      hint: 'undo that edit first; the keychain still has the key',
    },
  )
}
