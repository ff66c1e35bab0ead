import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import type { StaticKey } from '../../agent/keys/static-keys.ts'
import { createTurns } from '../../core/calls/turns.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { keyTypeNamed } from '../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { signDataInPool, verifySignature } from '../../ssh/signature.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { KeyIndex } from './key-index.ts'
import type { KeyItems } from './key-items.ts'
import { type KeyRecord, staticKeyOf } from './key-record.ts'
import { StaticKeyError } from './static-key-error.ts'

/** A stored key: as it is written down, and as the agent has it. */
export interface StoredKey {
  record: KeyRecord
  key: StaticKey
}

/** The static keys: their private halves in the keychain, the rest in the index. It owns both. */
export interface StoredKeys {
  /** Reads the index; `error` says what is wrong with it. */
  open(): Promise<void>
  list(): readonly StoredKey[]
  /** Why they are not known. */
  error(): unknown
  /** The names that the keychain has and the index has not: a crash has left them. */
  strays(): Promise<readonly string[]>
  /**
   * Stores a key, or gives one that is there other settings.
   * @param pkcs8 its private half in DER; it is overwritten
   * @param settings all but the public half
   * @throws {StaticKeyError} SSH_KEY_INVALID, SSH_KEY_EXISTS, SSH_KEY_INDEX; {KeychainError}
   */
  put(settings: Omit<KeyRecord, 'key'>, pkcs8: Buffer, comment: string): Promise<StoredKey>
  /** Has the key as it is stored sign, and verifies that. @throws {StaticKeyError}; {KeychainError} */
  prove(name: string): Promise<StoredKey>
  /** @throws {StaticKeyError} SSH_KEY_UNKNOWN, SSH_KEY_INDEX; {KeychainError}: it is out of reach, and removed later */
  remove(name: string): Promise<void>
  load(key: StaticKey): Promise<KeyObject>
}

/** What they need. */
export interface StoredKeysDeps {
  index: KeyIndex
  items: KeyItems
  /** Called with all of them when they have changed; a key that stays is the same object. */
  onChange: (keys: readonly StaticKey[]) => void
}

/** Knows of no key until it is opened. */
export function createStoredKeys({ index, items, onChange }: StoredKeysDeps): StoredKeys {
  let stored: readonly StoredKey[] = []
  let failure: StaticKeyError | undefined
  // A change reads and replaces the whole index.
  const turns = createTurns(1)

  const show = (next: readonly StoredKey[]): void => {
    stored = next
    onChange(stored.map(({ key }) => key))
  }
  const replaceIndex = async (next: readonly StoredKey[]) => {
    if (failure !== undefined) throw failure
    await index.write(next.map(({ record }) => record))
  }
  const named = (name: string) => stored.find(({ record }) => record.name === name)
  const unknown = (name: string) =>
    new StaticKeyError('SSH_KEY_UNKNOWN', `there is no static key ${name}`, { hint: 'latchkey ssh keys list' })

  const refuseClash = (name: string, { blob }: PublicKey): void => {
    const clash = stored.find(({ record, key }) => (record.name === name) !== equalBytes(key.keyBlob, blob))
    if (clash === undefined) return
    throw clash.record.name === name
      ? new StaticKeyError('SSH_KEY_EXISTS', `another static key is called ${name}`, {
          hint: `choose --name, or first: latchkey ssh keys remove ${shellWord(name)}`,
        })
      : new StaticKeyError('SSH_KEY_EXISTS', `the key is stored already, as ${clash.record.name}`, {
          hint: `use that name, or first: latchkey ssh keys remove ${shellWord(clash.record.name)}`,
        })
  }

  const put: StoredKeys['put'] = async (settings, pkcs8, comment) => {
    const { privateKey, publicKey } = await checked(pkcs8)
    refuseClash(settings.name, publicKey)
    const record = { ...settings, key: formatPublicKeyLine(publicKey.blob, comment) }
    const added = { record, key: staticKeyOf(record) }
    const others = stored.filter((other) => other.record.name !== record.name)
    if (failure !== undefined) throw failure
    const undo = await items.write(record, privateKey)
    try {
      await replaceIndex([...others, added])
    } catch (error) {
      // What the keychain refuses now is made good later.
      await undo().catch(() => {})
      throw error
    }
    show([...others, added])
    return added
  }

  return {
    async open() {
      try {
        const records = await index.read()
        show(records.map((record) => ({ record, key: staticKeyOf(record) })))
      } catch (error) {
        if (!(error instanceof StaticKeyError)) throw error
        failure = error
      }
    },
    list: () => stored,
    error: () => failure,
    strays: async () =>
      failure === undefined ? (await items.names()).filter((name) => named(name) === undefined) : [],
    put: (settings, pkcs8, comment) => turns.run(() => put(settings, pkcs8, comment)),
    async prove(name) {
      const found = named(name)
      if (found === undefined) throw unknown(name)
      const privateKey = await items.read(found.record)
      if (!(await signsFor(privateKey, publicKeyFromKeyObject(privateKey), found.key.keyBlob)))
        throw new StaticKeyError('SSH_KEY_CHANGED', `the stored key ${name} does not sign for what is listed`)
      return found
    },
    remove: (name) =>
      turns.run(async () => {
        const isListed = named(name) !== undefined
        if (!isListed && !(await items.names()).includes(name)) throw unknown(name)
        const others = stored.filter(({ record }) => record.name !== name)
        if (isListed) {
          await replaceIndex(others)
          show(others)
        }
        await items.remove(name)
      }),
    async load(key) {
      const record = stored.find((each) => each.key === key)?.record
      if (record === undefined) throw unknown(key.name)
      return await items.read(record)
    },
  }
}

/** The key, after a signature: OpenSSL reads numbers that do not belong together. @throws {StaticKeyError} SSH_KEY_INVALID */
async function checked(pkcs8: Buffer): Promise<{ privateKey: KeyObject; publicKey: PublicKey }> {
  const invalid = (cause?: unknown) =>
    new StaticKeyError('SSH_KEY_INVALID', 'this is not a private key that SSH uses', { cause })
  try {
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    const publicKey = publicKeyFromKeyObject(privateKey)
    if (!(await signsFor(privateKey, publicKey, publicKey.blob))) throw invalid()
    return { privateKey, publicKey }
  } catch (error) {
    throw error instanceof StaticKeyError ? error : invalid(error)
  } finally {
    pkcs8.fill(0)
  }
}

async function signsFor(privateKey: KeyObject, publicKey: PublicKey, blob: Uint8Array): Promise<boolean> {
  const data = randomBytes(32)
  const [algorithm] = keyTypeNamed(publicKey.type).algorithms
  const signature = await signDataInPool(privateKey, algorithm!.name, data)
  return equalBytes(publicKey.blob, blob) && verifySignature(publicKey, data, signature)
}
