import type { KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import { privateKeyOfDer } from '../../ssh/keys/der.ts'
import { publicKeyFromKeyObject } from '../../ssh/public-key.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { type KeyRecord, keyRecord } from './key-record.ts'
import { StaticKeyError } from './static-key-error.ts'

/** What the keychain has under a name. @property text as it is there */
export type KeyItem = { text: Secret<string> } & (
  | { type: 'key'; record: KeyRecord; privateKey: KeyObject; keyBlob: Uint8Array }
  /** It is no key in a form that is known here. */
  | { type: 'unreadable' }
)

/** The private halves in the keychain: this is their only reader and writer. */
export interface KeyItems {
  /** What is there, whatever is listed. @throws {KeychainError} */
  find(name: string): Promise<KeyItem | undefined>
  /** @throws {StaticKeyError} SSH_KEY_MISSING, SSH_KEY_CHANGED; {KeychainError} */
  read(record: KeyRecord): Promise<KeyObject>
  /**
   * @param former what was found under the name before
   * @returns what undoes it
   */
  write(record: KeyRecord, privateKey: KeyObject, former: KeyItem | undefined): Promise<() => Promise<void>>
  remove(name: string): Promise<void>
  /** The names of those in the keychain. */
  names(): Promise<readonly string[]>
}

const prefix = 'ssh/key/'

/** With the settings, so that who changes the public file cannot take one away: it is then not loaded. */
const itemForm = v.strictObject({ record: keyRecord, pkcs8: v.string() })

/** Keys as items `ssh/key/NAME` of the keychain, in JSON. */
export function createKeyItems(keychain: LastingKeychain): KeyItems {
  const find = async (name: string): Promise<KeyItem | undefined> => {
    const item = await keychain.get(prefix + name)
    return item && parseItem(item, name)
  }

  return {
    find,
    async read(record) {
      const item = await find(record.name)
      if (item === undefined)
        throw new StaticKeyError(
          'SSH_KEY_MISSING',
          `the keychain (${keychain.description}) does not have the static key ${record.name}`,
          { hint: `latchkey ssh keys add --name ${shellWord(record.name)} FILE stores it again` },
        )
      if (item.type === 'key' && isDeepStrictEqual(item.record, record)) return item.privateKey
      throw new StaticKeyError(
        'SSH_KEY_CHANGED',
        `what the keychain has of the static key ${record.name} is not what is listed of it`,
        { hint: 'latchkey ssh keys restore, which lists what the keychain has' },
      )
    },
    async write(record, privateKey, former) {
      const name = prefix + record.name
      const der = privateKey.export({ format: 'der', type: 'pkcs8' })
      await keychain.set(name, new Secret(JSON.stringify({ record, pkcs8: der.toString('base64') })))
      der.fill(0)
      return () => (former === undefined ? keychain.discard(name) : keychain.keep(name, former.text))
    },
    remove: (name) => keychain.discard(prefix + name),
    names: async () =>
      (await keychain.list()).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
  }
}

function parseItem(text: Secret<string>, name: string): KeyItem {
  const unreadable = { type: 'unreadable', text } as const
  const { output, success } = v.safeParse(itemForm, parseJson(text))
  if (!success || output.record.name !== name) return unreadable
  const { record, pkcs8 } = output
  try {
    const privateKey = privateKeyOfDer(Buffer.from(pkcs8, 'base64'), 'pkcs8')
    const { blob } = publicKeyFromKeyObject(privateKey)
    const isWhole = equalBytes(blob, parsePublicKeyLine(record.key).blob)
    return isWhole ? { type: 'key', text, record, privateKey, keyBlob: blob } : unreadable
  } catch {
    return unreadable
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
