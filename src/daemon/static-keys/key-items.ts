import { createPrivateKey, type KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import { type KeyRecord, keyRecord } from './key-record.ts'
import { StaticKeyError } from './static-key-error.ts'

/** The private halves in the keychain: this is their only reader and writer. */
export interface KeyItems {
  /** @throws {StaticKeyError} SSH_KEY_MISSING, SSH_KEY_CHANGED; {KeychainError} */
  read(record: KeyRecord): Promise<KeyObject>
  /** @returns what undoes it */
  write(record: KeyRecord, privateKey: KeyObject): Promise<() => Promise<void>>
  remove(name: string): Promise<void>
  /** The names of those in the keychain. */
  names(): Promise<readonly string[]>
}

const prefix = 'ssh/key/'

/** With the settings, so that who changes the public file cannot take one away: it is then not loaded. */
const itemForm = v.strictObject({ record: keyRecord, pkcs8: v.string() })

/** Keys as items `ssh/key/NAME` of the keychain, in JSON. */
export function createKeyItems(keychain: LastingKeychain): KeyItems {
  return {
    async read(record) {
      const again = { hint: `latchkey ssh keys remove ${shellWord(record.name)}, and add it again` }
      const item = await keychain.get(prefix + record.name)
      if (item === undefined)
        throw new StaticKeyError(
          'SSH_KEY_MISSING',
          `the keychain (${keychain.description}) does not have the static key ${record.name}`,
          again,
        )
      const { output, success } = v.safeParse(itemForm, parseJson(item))
      if (!success || !isDeepStrictEqual(output.record, record))
        throw new StaticKeyError(
          'SSH_KEY_CHANGED',
          `what the keychain has of the static key ${record.name} is not what is listed of it`,
          again,
        )
      const der = Buffer.from(output.pkcs8, 'base64')
      try {
        return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      } finally {
        der.fill(0)
      }
    },
    async write(record, privateKey) {
      const name = prefix + record.name
      const former = await keychain.get(name)
      const der = privateKey.export({ format: 'der', type: 'pkcs8' })
      await keychain.set(name, new Secret(JSON.stringify({ record, pkcs8: der.toString('base64') })))
      der.fill(0)
      return () => (former === undefined ? keychain.discard(name) : keychain.keep(name, former))
    },
    remove: (name) => keychain.discard(prefix + name),
    names: async () =>
      (await keychain.list()).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
  }
}

// Without the parser's message, which quotes the text.
function parseJson(item: Secret<string>): unknown {
  try {
    return JSON.parse(item.expose())
  } catch {
    return undefined
  }
}
