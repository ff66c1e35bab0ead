import { displayLine } from '../../core/text/display-text.ts'
import type { KeyImport } from '../../ipc/endpoints/aws-key-import.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import type { StoredKeys } from './name-keys.ts'
import { readEditable, sha256Of } from './searched-files.ts'

/** An import with files that it has not changed, in their order. */
interface Unfinished {
  begun: KeyImport
  states: readonly FileState[]
}

type FileState = 'changed' | 'unchanged' | 'edited' | 'unreadable'

const words: Readonly<Record<FileState, string>> = {
  changed: 'is changed',
  unchanged: 'is as it was',
  edited: 'has been edited since',
  unreadable: 'cannot be read',
}

/**
 * Says where imports stand that were interrupted. What they have not done yet the next one does, since it finds the keys
 * where they are.
 */
export async function reportUnfinished(stored: StoredKeys, context: CommandContext): Promise<void> {
  for (const { begun, states } of await completeImports(context)) {
    const keys = begun.keys.map(({ source, accessKeyId }) => {
      const isStored = stored.some((each) => each.source === source && each.accessKeyId === accessKeyId)
      return `${accessKeyId} is ${isStored ? 'in the keychain' : 'not in the keychain yet'} as ${source}`
    })
    const files = begun.files.map(({ path }, index) => `${path} ${words[states[index]!]}`)
    const lines = [
      `an import of ${begun.startedAt} was interrupted:`,
      ...[...keys, ...files].map((line) => `  ${line}`),
    ]
    context.note(lines.map((line) => `${line.startsWith(' ') ? '  ' : ''}${displayLine(line)}\n`).join(''))
  }
}

/** Completes the imports of which nothing is left to do. @returns the others */
export async function completeImports({ daemon }: Pick<CommandContext, 'daemon'>): Promise<readonly Unfinished[]> {
  const { imports } = await daemon.call('listImports')
  const unfinished: Unfinished[] = []
  for (const begun of imports.filter(({ isComplete }) => !isComplete)) {
    const states = await Promise.all(begun.files.map(stateOf))
    if (states.every((state) => state === 'changed')) await daemon.call('completeImport', { params: { id: begun.id } })
    else unfinished.push({ begun, states })
  }
  return unfinished
}

/** A file that cannot be read is in nobody's way: the import that is run now may be about others. */
async function stateOf({ path, before, after }: KeyImport['files'][number]): Promise<FileState> {
  try {
    const hash = sha256Of((await readEditable(path)) ?? '')
    return hash === after ? 'changed' : hash === before ? 'unchanged' : 'edited'
  } catch (error) {
    if (error instanceof HelperError) return 'unreadable'
    throw error
  }
}
