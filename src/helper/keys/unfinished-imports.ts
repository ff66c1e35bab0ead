import { displayLine } from '../../core/text/display-text.ts'
import type { KeyImport } from '../../ipc/endpoints/aws-key-import.ts'
import type { CommandContext } from '../command-context.ts'
import type { StoredKeys } from './name-keys.ts'
import { readEditable, sha256Of } from './searched-files.ts'

/**
 * Says where imports stand that were interrupted. What they have not done yet the next one does, since it finds the keys
 * where they are; one of which nothing is left to do is complete.
 */
export async function reportUnfinished(stored: StoredKeys, context: CommandContext): Promise<void> {
  const { imports } = await context.daemon.call('listImports')
  for (const unfinished of imports.filter(({ isComplete }) => !isComplete)) {
    const states = await Promise.all(unfinished.files.map(stateOf))
    if (states.every((state) => state === 'changed')) {
      await context.daemon.call('completeImport', { params: { id: unfinished.id } })
      continue
    }
    const keys = unfinished.keys.map(({ source, accessKeyId }) => {
      const isStored = stored.some((each) => each.source === source && each.accessKeyId === accessKeyId)
      return `${accessKeyId} is ${isStored ? 'in the keychain' : 'not in the keychain yet'} as ${source}`
    })
    const files = unfinished.files.map(({ path }, index) => `${path} ${words[states[index]!]}`)
    const lines = [
      `an import of ${unfinished.startedAt} was interrupted:`,
      ...[...keys, ...files].map((line) => `  ${line}`),
    ]
    context.note(lines.map((line) => `${line.startsWith(' ') ? '  ' : ''}${displayLine(line)}\n`).join(''))
  }
}

type FileState = 'changed' | 'unchanged' | 'edited'

const words: Readonly<Record<FileState, string>> = {
  changed: 'is changed',
  unchanged: 'is as it was',
  edited: 'has been edited since',
}

async function stateOf({ path, before, after }: KeyImport['files'][number]): Promise<FileState> {
  const hash = sha256Of((await readEditable(path)) ?? '')
  return hash === after ? 'changed' : hash === before ? 'unchanged' : 'edited'
}
