import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../core/errors.ts'
import { writeFileAtomically } from '../core/files/atomic-file.ts'
import { withProcessLock } from '../core/files/process-lock.ts'
import { Secret } from '../core/secret.ts'
import { shellWord } from '../core/text/shell-word.ts'
import type { Clock } from '../core/time/clock.ts'
import { withDeadline } from '../core/time/deadline.ts'
import { findPathFault } from '../core/trust/path-trust.ts'
import { type Keychain, KeychainError } from './keychain.ts'
import { keyFileOf } from './passphrase.ts'
import { maxPrivateBytes, readPrivateFile } from './private-file.ts'
import {
  defaultScryptCost,
  deriveFileKey,
  type FileKey,
  type KeyDerivation,
  newKeyDerivation,
  openSealedItems,
  parseSealedItems,
  type ScryptCost,
  SealedItemsError,
  sealItems,
} from './sealed-items.ts'

/** Where the file is, and what opens it. */
export interface FileKeychainOptions {
  path: string
  /** Asked once, when the first item is read or written. */
  passphrase: () => Promise<Secret<string>>
  clock: Clock
  /** For a new file. An existing one states its own. */
  cost?: ScryptCost
}

/** How long to wait for another process that writes it, in ms. */
const lockPatienceMs = 10_000

/** What is in the file now; `derivation` is undefined while there is no file. */
interface Content {
  items: Map<string, string>
  derivation: KeyDerivation | undefined
}

/**
 * The keychain in one encrypted file. It is read anew at each use, so that nothing decrypted stays in memory and another
 * process's writes are seen; a write holds a lock between processes while it reads, changes and replaces the file.
 * A file that cannot be read is never overwritten.
 */
export function createFileKeychain({
  path,
  passphrase,
  clock,
  cost = defaultScryptCost,
}: FileKeychainOptions): Keychain {
  let held: { id: string; key: Promise<FileKey> } | undefined

  // The derivation takes a fifth of a second: it is done once for a file, and shared by all who ask meanwhile.
  const keyFor = (derivation: KeyDerivation): Promise<FileKey> => {
    const id = JSON.stringify([derivation.salt, derivation.cost])
    if (held?.id === id) return held.key
    const key = passphrase().then((secret) => deriveFileKey(secret, derivation))
    held = { id, key }
    key.catch(forgetKey)
    return key
  }
  // The next attempt may find the right passphrase.
  const forgetKey = () => {
    held = undefined
  }

  const read = async (): Promise<Content> => {
    // A missing file means nothing where others could have taken it away.
    refuseUntrusted(path)
    const text = await readPrivateFile(path)
    if (text === undefined) return { items: new Map(), derivation: undefined }
    try {
      const sealed = parseSealedItems(text)
      return { items: openSealedItems(sealed, await keyFor(sealed.header)), derivation: sealed.header }
    } catch (error) {
      if (!(error instanceof SealedItemsError)) throw error
      if (error.reason === 'wrong-passphrase') forgetKey()
      throw explain(path, error)
    }
  }

  /** Replaces the file with what `change` makes of its items, unless that returns false. */
  const update = async (change: (items: Map<string, string>) => boolean): Promise<boolean> => {
    refuseUntrusted(path)
    const target = await resolveLink(path)
    const folder = dirname(target)
    const lock = lockOf(target)
    const replace = async () => {
      const { items, derivation } = await read()
      if (!change(items)) return false
      const key = await keyFor(derivation ?? newKeyDerivation(cost))
      const sealed = sealItems(items, key)
      if (sealed.length > maxPrivateBytes) throw full(path)
      await writeFileAtomically(target, sealed, 0o600)
      return true
    }
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return await withDeadline(clock, lockPatienceMs, (patience) =>
        withProcessLock(lock, replace, patience).catch((error: unknown) => {
          throw error === patience.reason ? lockHeld(path, lock) : error
        }),
      )
    } catch (cause) {
      if (cause instanceof KeychainError) throw cause
      const message = `cannot write the keychain file ${path}: ${errorCode(cause) ?? 'unknown error'}`
      throw new KeychainError('KEYCHAIN_UNAVAILABLE', message, {
        cause,
        hint: `ls -ld ${shellWord(folder)}; df ${shellWord(folder)}`,
      })
    }
  }

  return {
    description: `file ${path}`,
    async get(name) {
      const value = (await read()).items.get(name)
      return value === undefined ? undefined : new Secret(value)
    },
    async set(name, value) {
      await update((items) => {
        items.set(name, value.expose())
        return true
      })
    },
    delete: (name) => update((items) => items.delete(name)),
    list: async () => [...(await read()).items.keys()].sort(),
  }
}

/** The lock between those that write the file. @param target the file itself, behind any link */
export const lockOf = (target: string) => join(dirname(target), `.${basename(target)}.lock`)

function refuseUntrusted(path: string): void {
  const fault = findPathFault(path)
  if (fault !== undefined) throw new KeychainError('KEYCHAIN_UNAVAILABLE', fault.message, { hint: fault.hint })
}

function lockHeld(path: string, lock: string): KeychainError {
  const message = `the keychain file ${path} cannot be written: another process has held ${lock} for ${lockPatienceMs / 1000} s`
  return new KeychainError('KEYCHAIN_TIMEOUT', message, {
    hint: "a daemon may have been stopped; find it with ps x | grep 'latchkey.* daemon', and end it",
  })
}

function full(path: string): KeychainError {
  const message = `the keychain file ${path} would be larger than ${maxPrivateBytes / 1024 / 1024} MiB`
  return new KeychainError('KEYCHAIN_UNAVAILABLE', message, { hint: 'latchkey aws forget --all' })
}

/** The file behind a link, so that a write replaces the file and not the link. */
export async function resolveLink(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

function explain(path: string, { reason, message }: SealedItemsError): KeychainError {
  switch (reason) {
    case 'damaged':
      return new KeychainError('KEYCHAIN_CORRUPT', `the keychain file ${path} is damaged: ${message}`, {
        hint: `restore it from a backup, or start afresh with mv ${shellWord(path)} ${shellWord(`${path}.damaged`)}; nothing was overwritten`,
      })
    case 'newer-version':
      return new KeychainError(
        'KEYCHAIN_UNAVAILABLE',
        `the keychain file ${path} is from a newer latchkey: ${message}`,
        {
          hint: 'update latchkey',
        },
      )
    case 'wrong-passphrase':
      return new KeychainError('KEYCHAIN_LOCKED', `the keychain file ${path} has another passphrase`, {
        hint: `restore ${keyFileOf(path)}, or the systemd credential that it was made with; the file is undamaged`,
      })
  }
}
