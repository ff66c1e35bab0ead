import { lstatSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { describeError, errorCode } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { readTextIfPresent } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type KeyRecord, keyRecord } from './key-record.ts'
import { StaticKeyError } from './static-key-error.ts'

/** The file with what is public of the stored keys, so that a list opens no keychain, not even a locked one. */
export interface KeyIndex {
  /** Empty where there is no file. @throws {StaticKeyError} SSH_KEY_INDEX, SSH_KEY_INDEX_DAMAGED */
  read(): Promise<readonly KeyRecord[]>
  /** Replaces the file. @throws {StaticKeyError} SSH_KEY_INDEX; the former file is then untouched */
  write(records: readonly KeyRecord[]): Promise<void>
  /** Gives the file another name. @returns that @throws {StaticKeyError} SSH_KEY_INDEX */
  setAside(): Promise<string>
}

const hasOnce = (values: readonly string[]) => new Set(values).size === values.length
const form = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({
    version: v.literal(1),
    keys: v.pipe(
      v.array(keyRecord),
      v.check((keys) => hasOnce(keys.map(({ name }) => name)), 'a name is there twice'),
    ),
  }),
)
/** A thousand RSA keys. */
const maxBytes = 1024 * 1024

/** @param path of the file */
export function createKeyIndex(path: string): KeyIndex {
  const failed = (what: string, cause: unknown) =>
    new StaticKeyError('SSH_KEY_INDEX', `cannot ${what} the list of static keys: ${describeError(cause)}`, {
      cause,
      hint: `ls -ld ${shellWord(dirname(path))} ${shellWord(path)}; with that put right: latchkey ssh keys restore`,
    })
  const damaged = (cause?: unknown) =>
    new StaticKeyError('SSH_KEY_INDEX_DAMAGED', `${path} is not a list of static keys`, {
      cause,
      hint: 'latchkey ssh keys restore, which makes it anew of what the keychain holds',
    })
  return {
    async read() {
      const text = await readTextIfPresent(path, { maxBytes, isTrusted: true }).catch((error: unknown) => {
        throw errorCode(error) === 'FILE_TOO_LARGE' ? damaged(error) : failed('read', error)
      })
      if (text === undefined) return []
      const parsed = v.safeParse(form, text)
      if (!parsed.success) throw damaged()
      return parsed.output.keys
    },
    async write(keys) {
      try {
        const text = `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`
        // It could not be read again.
        if (Buffer.byteLength(text) > maxBytes) throw new Error(`it would have more than ${maxBytes / 1024} KiB`)
        await writeOwnFile(path, text)
      } catch (error) {
        throw failed('write', error)
      }
    },
    async setAside() {
      try {
        // Only what could be read and is no list gets here: its folder has been found to be the user's own.
        const aside = freeNameBeside(path)
        await rename(path, aside)
        return aside
      } catch (error) {
        throw failed('replace', error)
      }
    },
  }
}

function freeNameBeside(path: string): string {
  let free = `${path}.damaged`
  for (let number = 2; lstatSync(free, { throwIfNoEntry: false }) !== undefined; number += 1)
    free = `${path}.damaged-${number}`
  return free
}
