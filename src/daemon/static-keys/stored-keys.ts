import type { KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { StaticKey } from '../../agent/keys/static-keys.ts'
import { createTurns } from '../../core/calls/turns.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { KeyIndex } from './key-index.ts'
import type { KeyItem, KeyItems } from './key-items.ts'
import { provenKey, signsFor } from './key-proof.ts'
import { type GivenSettings, type KeyRecord, recordWith, staticKeyOf } from './key-record.ts'
import { type RestoredList, restoredList } from './restored-list.ts'
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
  /** The names that the keychain has and the index has not: a crash, or the loss of the index, has left them. */
  strays(): Promise<readonly string[]>
  /**
   * Whether a key could be stored, as far as that can be told without it: what `put` throws is thrown.
   * @param keyBlob its public half, where that is known
   */
  check(name: string, keyBlob: Uint8Array | undefined): Promise<void>
  /**
   * Stores a key, or gives one that is there other settings.
   * @param pkcs8 its private half in DER; it is overwritten
   * @param comment empty: the former one, or its name
   * @throws {StaticKeyError} SSH_KEY_INVALID, SSH_KEY_EXISTS, SSH_KEY_INDEX…; {KeychainError}
   */
  put(name: string, given: GivenSettings, pkcs8: Buffer, comment: string): Promise<StoredKey>
  /** Has the key as it is stored sign, and verifies that. @throws {StaticKeyError}; {KeychainError} */
  prove(name: string): Promise<StoredKey>
  /** @throws {StaticKeyError} SSH_KEY_UNKNOWN, SSH_KEY_INDEX…; {KeychainError}: it is out of reach, and removed later */
  remove(name: string): Promise<void>
  /**
   * Makes the index anew of what the keychain has. Nothing that is in either is lost: a damaged index is given another name.
   * @throws {StaticKeyError} SSH_KEY_INDEX; {KeychainError}
   */
  restore(): Promise<Omit<RestoredList, 'records'> & { formerIndex: string | undefined }>
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
  const replaceIndex = (next: readonly StoredKey[]) => index.write(next.map(({ record }) => record))
  const refuseUnknownList = (): void => {
    if (failure !== undefined) throw failure
  }
  const named = (name: string) => stored.find(({ record }) => record.name === name)
  const unknown = (name: string) =>
    new StaticKeyError('SSH_KEY_UNKNOWN', `there is no static key ${name}`, { hint: 'latchkey ssh keys list' })

  const refuseClash = (name: string, keyBlob: Uint8Array): void => {
    const clash = stored.find(({ record, key }) => (record.name === name) !== equalBytes(key.keyBlob, keyBlob))
    if (clash === undefined) return
    const { name: taken } = clash.record
    throw taken === name
      ? exists(
          `another static key is called ${name}`,
          'latchkey ssh keys add --name OTHER FILE, with a name of its own',
        )
      : exists(`the key is stored already, as ${taken}`, `latchkey ssh keys add --name ${shellWord(taken)} FILE`)
  }

  /** Of the only copies that there are none is replaced by another key. */
  const refuseLoss = (name: string, item: KeyItem | undefined, keyBlob: Uint8Array): void => {
    if (item?.type === 'key' && !equalBytes(item.keyBlob, keyBlob))
      throw exists(`the keychain has another key called ${name}, which is not listed so`, 'latchkey ssh keys restore')
    if (item?.type === 'unreadable' && named(name) === undefined)
      throw exists(
        `the keychain has something called ${name} that cannot be read here`,
        'latchkey ssh keys add --name OTHER FILE, with a name of its own',
      )
  }

  const put: StoredKeys['put'] = async (name, given, pkcs8, comment) => {
    const { privateKey, publicKey } = await provenKey(pkcs8)
    refuseUnknownList()
    refuseClash(name, publicKey.blob)
    const item = await items.find(name)
    refuseLoss(name, item, publicKey.blob)
    // What the keychain says counts: an edit of the index must not take a limit away.
    const former = item?.type === 'key' ? item.record : named(name)?.record
    const line = formatPublicKeyLine(publicKey.blob, comment || commentOf(former) || name)
    const record = recordWith(name, line, given, former)
    const added = { record, key: staticKeyOf(record) }
    const others = stored.filter((other) => other.record.name !== name)
    const undo = await items.write(record, privateKey, item)
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

  /** What the index says, and what it is called now where that was no list. */
  const readAgain = async (): Promise<{ listed: readonly KeyRecord[]; isDamaged: boolean }> => {
    if (failure === undefined) return { listed: stored.map(({ record }) => record), isDamaged: false }
    try {
      return { listed: await index.read(), isDamaged: false }
    } catch (error) {
      if (!(error instanceof StaticKeyError) || error.code !== 'SSH_KEY_INDEX_DAMAGED') throw error
      return { listed: [], isDamaged: true }
    }
  }

  const restore: StoredKeys['restore'] = async () => {
    const { listed, isDamaged } = await readAgain()
    const found = new Map<string, KeyItem>()
    for (const name of await items.names()) {
      const item = await items.find(name)
      if (item !== undefined) found.set(name, item)
    }
    const { records, ...told } = restoredList(listed, found)
    const formerIndex = isDamaged ? await index.setAside() : undefined
    const next = records.map((record) => {
      const same = named(record.name)
      return same !== undefined && isDeepStrictEqual(same.record, record) ? same : { record, key: staticKeyOf(record) }
    })
    await replaceIndex(next)
    failure = undefined
    show(next)
    return { ...told, formerIndex }
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
    check: (name, keyBlob) =>
      turns.run(async () => {
        refuseUnknownList()
        if (keyBlob !== undefined) refuseClash(name, keyBlob)
        const item = await items.find(name)
        if (keyBlob !== undefined) refuseLoss(name, item, keyBlob)
      }),
    put: (name, given, pkcs8, comment) => turns.run(() => put(name, given, pkcs8, comment)),
    restore: () => turns.run(restore),
    async prove(name) {
      const found = named(name)
      if (found === undefined) throw unknown(name)
      const privateKey = await items.read(found.record)
      if (!(await signsFor(privateKey, found.key.keyBlob)))
        throw new StaticKeyError('SSH_KEY_CHANGED', `the stored key ${name} does not sign for what is listed`)
      return found
    },
    remove: (name) =>
      turns.run(async () => {
        refuseUnknownList()
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

const exists = (message: string, hint: string) => new StaticKeyError('SSH_KEY_EXISTS', message, { hint })

const commentOf = (record: KeyRecord | undefined) => record && staticKeyOf(record).comment
