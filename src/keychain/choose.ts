import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createTurns } from '../core/calls/turns.ts'
import { describeError, errorCode } from '../core/errors.ts'
import { writeFileAtomically } from '../core/files/atomic-file.ts'
import { withProcessLock } from '../core/files/process-lock.ts'
import type { Logger } from '../core/log.ts'
import type { Environment } from '../core/places/environment.ts'
import type { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import { withDeadline } from '../core/time/deadline.ts'
import { findPathFault } from '../core/trust/path-trust.ts'
import { createFileKeychain, lockOf, resolveLink } from './file-store.ts'
import { type Keychain, KeychainError } from './keychain.ts'
import { type KeyringModule, loadKeyring } from './keyring-module.ts'
import { choiceFileOf, sweepKeychain } from './leftovers.ts'
import { createMemoryKeychain } from './memory-store.ts'
import { createOsKeychain } from './os-store.ts'
import { readPassphrase } from './passphrase.ts'
import type { ScryptCost } from './sealed-items.ts'

/** `[keychain]` of config.toml. */
export interface KeychainConfig {
  store: 'auto' | 'os' | 'file' | 'memory'
  /** The encrypted file; default: `keychain` in the state folder. */
  file?: string | undefined
}

/** What the choice depends on. */
export interface OpenKeychainDeps {
  /** Where the encrypted file is when the configuration names none (core/places/paths.ts). */
  stateFolder: string
  environment: Environment
  clock: Clock
  log: Logger
  platform?: NodeJS.Platform
  loadKeyring?: () => Promise<KeyringModule>
  cost?: ScryptCost
}

/**
 * Opens the keychain that the configuration names. `auto` is the OS keychain where one answers and can store, else the
 * encrypted file; it stays with the one that it stored something in, because a daemon that is started before the desktop
 * would otherwise look for its items in another place. A locked OS keychain never leads to the file.
 * @throws nothing: an OS keychain that is configured by name and does not answer says so at each use
 */
export async function openKeychain(config: KeychainConfig, deps: OpenKeychainDeps): Promise<Keychain> {
  const keychain = await open(config, deps)
  deps.log.info('keychain', { store: config.store, is: keychain.description })
  return keychain
}

async function open({ store, file }: KeychainConfig, deps: OpenKeychainDeps): Promise<Keychain> {
  const path = file ?? join(deps.stateFolder, 'keychain')
  if (store === 'file' || store === 'auto') await sweepKeychain(path, deps)
  switch (store) {
    case 'os':
      return openOs(deps)
    case 'file':
      return openFile(path, deps)
    case 'memory':
      return createMemoryKeychain()
    case 'auto':
      return await openAuto(path, deps)
  }
}

function openOs({ clock, platform = process.platform, loadKeyring: load = loadKeyring }: OpenKeychainDeps): Keychain {
  return createOsKeychain({ load, clock, platform })
}

function openFile(path: string, { environment, clock, cost }: OpenKeychainDeps): Keychain {
  const source = { keychainFile: path, credentialsFolder: environment.CREDENTIALS_DIRECTORY }
  const passphrase = () => readPassphrase(source)
  return createFileKeychain({ path, passphrase, clock, ...(cost === undefined ? {} : { cost }) })
}

/** In ms. */
const lockPatienceMs = 10_000

async function openAuto(path: string, deps: OpenKeychainDeps): Promise<Keychain> {
  const [os, file] = [openOs(deps), openFile(path, deps)]
  const choiceFile = choiceFileOf(path)
  const rememberOs = () =>
    writeChoice(path, choiceFile, deps.clock).catch((error: unknown) =>
      deps.log.warn('cannot record which keychain is used', { file: choiceFile, reason: describeError(error) }),
    )

  // Where others could have written the choice, it is not believed, and the file says what is wrong at each use.
  if (findPathFault(choiceFile) !== undefined) return file
  if (await exists(choiceFile)) return os
  if (await exists(path)) return describedAs(file, 'it holds items')
  try {
    // Does not ask to be unlocked, unlike reading or writing one item.
    const items = await os.list()
    if (items.length === 0) return undecided(os, file, rememberOs)
  } catch (error) {
    if (isUnavailable(error)) return describedAs(file, error.message)
    // Locked, or waiting for a person: it is there, and locked items are ours.
  }
  await rememberOs()
  return os
}

/**
 * The OS keychain, which answers and holds nothing yet, until the first item: a Secret Service without a keyring, as on
 * many servers, shows only then that it cannot store.
 */
function undecided(os: Keychain, file: Keychain, rememberOs: () => Promise<void>): Keychain {
  let current = os
  let isDecided = false
  // One at a time, or two first items could go to two places.
  const turns = createTurns(1)

  const store = async (name: string, value: Secret<string>): Promise<void> => {
    if (isDecided) return await current.set(name, value)
    try {
      await os.set(name, value)
      await rememberOs()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      await file.set(name, value)
      current = describedAs(file, error.message)
    }
    isDecided = true
  }

  return {
    get description() {
      return current.description
    },
    get: (name) => current.get(name),
    set: (name, value) => turns.run(() => store(name, value)),
    delete: (name) => current.delete(name),
    list: () => current.list(),
  }
}

function describedAs(keychain: Keychain, why: string): Keychain {
  return { ...keychain, description: `${keychain.description} (${why})` }
}

function isUnavailable(error: unknown): error is KeychainError {
  return error instanceof KeychainError && error.code === 'KEYCHAIN_UNAVAILABLE'
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  )
}

async function writeChoice(path: string, choiceFile: string, clock: Clock): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const write = () => writeFileAtomically(choiceFile, 'os\n', 0o600)
  // The lock that sweeping holds as well.
  const lock = lockOf(await resolveLink(path))
  await withDeadline(clock, lockPatienceMs, (patience) => withProcessLock(lock, write, patience))
}
