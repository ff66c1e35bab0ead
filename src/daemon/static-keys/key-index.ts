import { dirname } from 'node:path'
import * as v from 'valibot'
import { describeError } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { readTextIfPresent } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type KeyRecord, keyRecord } from './key-record.ts'
import { StaticKeyError } from './static-key-error.ts'

/** The file with what is public of the stored keys, so that a list opens no keychain, not even a locked one. */
export interface KeyIndex {
  /** Empty where there is no file. @throws {StaticKeyError} SSH_KEY_INDEX */
  read(): Promise<readonly KeyRecord[]>
  /** Replaces the file. @throws {StaticKeyError} SSH_KEY_INDEX; the former file is then untouched */
  write(records: readonly KeyRecord[]): Promise<void>
}

const form = v.pipe(v.string(), v.parseJson(), v.strictObject({ version: v.literal(1), keys: v.array(keyRecord) }))
/** A thousand RSA keys. */
const maxBytes = 1024 * 1024

/** @param path of the file */
export function createKeyIndex(path: string): KeyIndex {
  const failed = (what: string, cause: unknown) =>
    new StaticKeyError('SSH_KEY_INDEX', `cannot ${what} the list of static keys: ${describeError(cause)}`, {
      cause,
      hint: `ls -ld ${shellWord(dirname(path))} ${shellWord(path)}`,
    })
  const broken = () =>
    new StaticKeyError('SSH_KEY_INDEX', `${path} is not a list of static keys`, {
      hint: `restore it from a backup, or move it away with mv ${shellWord(path)} ${shellWord(`${path}.damaged`)} and add the keys again`,
    })
  return {
    async read() {
      const text = await readTextIfPresent(path, { maxBytes, isTrusted: true }).catch((error: unknown) => {
        throw failed('read', error)
      })
      if (text === undefined) return []
      const parsed = v.safeParse(form, text)
      if (!parsed.success) throw broken()
      return parsed.output.keys
    },
    async write(keys) {
      try {
        await writeOwnFile(path, `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`)
      } catch (error) {
        throw failed('write', error)
      }
    },
  }
}
