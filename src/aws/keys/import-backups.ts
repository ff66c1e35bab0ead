import * as v from 'valibot'
import { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import type { LineHunk } from '../files/line-hunks.ts'

/** A key that an import moved. */
export interface ImportedKey {
  source: string
  accessKeyId: string
  /** The keychain did not have it before. */
  isNew: boolean
}

/** A file that an import changes; the lines that it takes out have a secret in them. */
export interface ImportedFile {
  path: string
  /** SHA-256 in hexadecimal digits of the text before, and of the text after. */
  before: string
  after: string
  hunks: readonly LineHunk[]
}

/** What is kept of an import, so that it can be undone, and finished where the command was killed. */
export interface ImportBackup {
  id: string
  startedAtMs: number
  isComplete: boolean
  keys: readonly ImportedKey[]
  /** In the order in which they are changed. */
  files: readonly ImportedFile[]
}

/** The backups of imports, in the keychain: this is their only reader and writer. None is there for longer than 30 days. */
export interface ImportBackups {
  /** Durable when it resolves. @returns its id */
  begin(started: Pick<ImportBackup, 'keys' | 'files'>): Promise<string>
  complete(id: string): Promise<void>
  /** From the oldest to the newest. */
  list(): Promise<readonly ImportBackup[]>
  /** Resolves to whether there was one. */
  remove(id: string): Promise<boolean>
  /** Removes those that have a key of this source. */
  removeOf(source: string): Promise<void>
}

const prefix = 'aws/import/'
const keptMs = 30 * 86_400_000

const lines = v.array(v.string())
const backupSchema = v.object({
  startedAtMs: v.number(),
  isComplete: v.boolean(),
  keys: v.array(v.object({ source: v.string(), accessKeyId: v.string(), isNew: v.boolean() })),
  files: v.array(
    v.object({
      path: v.string(),
      before: v.string(),
      after: v.string(),
      hunks: v.array(v.object({ at: v.number(), context: lines, removed: lines, added: lines })),
    }),
  ),
})

/** Backups as items `aws/import/ID`, in JSON. */
export function createImportBackups(keychain: Keychain, clock: Clock): ImportBackups {
  const idsOf = async () =>
    (await keychain.list()).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const write = ({ id, ...content }: ImportBackup) =>
    keychain.set(`${prefix}${id}`, new Secret(JSON.stringify(content)))

  const list = async (): Promise<ImportBackup[]> => {
    const found: ImportBackup[] = []
    for (const id of await idsOf()) {
      const item = await keychain.get(`${prefix}${id}`)
      const read = v.safeParse(backupSchema, parseJson(item?.expose()))
      // What cannot be read is of no use to anybody, and may have a secret in it.
      const isKept = read.success && read.output.startedAtMs > clock.now() - keptMs
      if (isKept) found.push({ id, ...read.output })
      else if (item !== undefined) await keychain.delete(`${prefix}${id}`)
    }
    return found.sort((one, other) => Number(one.id) - Number(other.id))
  }

  return {
    list,
    async begin({ keys, files }) {
      const startedAtMs = clock.now()
      const newest = Math.max(0, ...(await list()).map(({ id }) => Number(id)))
      const id = String(Math.max(startedAtMs, newest + 1))
      await write({ id, startedAtMs, isComplete: false, keys, files })
      return id
    },
    async complete(id) {
      const backup = (await list()).find((each) => each.id === id)
      if (backup !== undefined) await write({ ...backup, isComplete: true })
    },
    remove: (id) => keychain.delete(`${prefix}${id}`),
    async removeOf(source) {
      const gone = (await list()).filter(({ keys }) => keys.some((key) => key.source === source))
      for (const { id } of gone) await keychain.delete(`${prefix}${id}`)
    },
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
