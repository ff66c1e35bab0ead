import { createTurns } from '../core/calls/turns.ts'
import { describeError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import { formatDuration } from '../core/time/duration.ts'
import { type Keychain, KeychainError } from './keychain.ts'
import type { KeyringEntry, KeyringModule } from './keyring-module.ts'
import { explainOsError, isProviderHung, osKeychainName } from './os-error.ts'

/** The module and the platform, which tests replace. */
export interface OsKeychainOptions {
  load: () => Promise<KeyringModule>
  clock: Clock
  platform: NodeJS.Platform
  /** How long a call may take, a person's unlocking included, in ms. */
  deadlineMs?: number
}

/** The service that all items belong to; an item's name is its account. */
const service = 'latchkey'
/** Each entry holds a connection to D-Bus, and names of sessions come and go. */
const maxEntries = 8
/** Making an entry blocks the process for two seconds while the provider hangs: how long, in ms, to leave it alone. */
const restMs = 30_000

/**
 * The keychain of the operating system: the Secret Service on Linux, the Keychain on macOS (written from its
 * documentation, not tested), through `@napi-rs/keyring`.
 *
 * - On Linux the store is named: otherwise the module falls back to the kernel's keyring, which forgets at the next boot.
 * - One call at a time: a call that waits for a person holds a thread of Node's pool, and four would stop all files and
 *   names. One past its deadline cannot be stopped, so until it comes back the others fail at once.
 * - An entry fails for ever once its provider was restarted: after an error all are made again, and the call is repeated.
 * - Null is a miss only as an answer of the store; anything thrown is an error.
 */
export function createOsKeychain({ load, clock, platform, deadlineMs = 25_000 }: OsKeychainOptions): Keychain {
  const name = osKeychainName(platform)
  const entries = new Map<string, KeyringEntry>()
  const turns = createTurns(1)
  let isOverdue = false
  let hung: { untilMs: number; error: KeychainError } | undefined

  const overdueError = () =>
    new KeychainError('KEYCHAIN_TIMEOUT', `the ${name} still does not answer an earlier call`, {
      hint: 'it may show a dialog that waits for you; answer it, then try again',
    })

  const withDeadline = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isOverdue) return reject(overdueError())
      const cancel = clock.after(deadlineMs, () => {
        isOverdue = true
        const waited = formatDuration(deadlineMs / 1000)
        reject(
          new KeychainError('KEYCHAIN_TIMEOUT', `the ${name} did not answer within ${waited}`, {
            hint: 'it may show a dialog that waits for you; answer it, then try again',
          }),
        )
      })
      call()
        .finally(() => {
          cancel()
          isOverdue = false
        })
        .then(resolve, reject)
    })

  const inTurn = <T>(call: () => Promise<T>): Promise<T> => turns.run(() => withDeadline(call))

  const failed = (cause: unknown): KeychainError => {
    if (cause instanceof KeychainError) return cause
    entries.clear()
    const error = explainOsError(cause, platform)
    if (isProviderHung(cause)) hung = { untilMs: clock.uptime() + restMs, error }
    return error
  }

  const readyModule = async (): Promise<KeyringModule> => {
    if (hung !== undefined && clock.uptime() < hung.untilMs) throw hung.error
    hung = undefined
    return await loadModule(load, name)
  }

  const makeEntry = ({ AsyncEntry }: KeyringModule, item: string): KeyringEntry => {
    const pinned = platform === 'linux' ? { linux: { store: 'secret-service' as const } } : undefined
    const entry = new AsyncEntry(service, item, pinned)
    const [oldest] = entries.keys()
    if (oldest !== undefined && entries.size >= maxEntries) entries.delete(oldest)
    entries.set(item, entry)
    return entry
  }

  const onEntry = <T>(item: string, use: (entry: KeyringEntry) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const keyring = await readyModule()
      const held = entries.get(item)
      try {
        if (held !== undefined) return await use(held)
        return await use(makeEntry(keyring, item))
      } catch (cause) {
        const error = failed(cause)
        // A second dialog right after the first was closed, or a second wait, would be a nuisance.
        if (held === undefined || isOverdue || hung !== undefined || error.code === 'KEYCHAIN_LOCKED') throw error
      }
      try {
        return await use(makeEntry(keyring, item))
      } catch (cause) {
        throw failed(cause)
      }
    })

  return {
    description: name,
    async get(item) {
      const value = await onEntry(item, (entry) => entry.getPassword())
      return value === null ? undefined : new Secret(value)
    },
    async set(item, value) {
      await onEntry(item, (entry) => entry.setPassword(value.expose()))
    },
    delete: (item) =>
      onEntry(item, async (entry) => {
        const wasThere = await entry.deleteCredential()
        entries.delete(item)
        return wasThere
      }),
    list: () =>
      inTurn(async () => {
        const { findCredentialsAsync } = await readyModule()
        try {
          return (await findCredentialsAsync(service)).map(({ account }) => account).sort()
        } catch (cause) {
          throw failed(cause)
        }
      }),
  }
}

async function loadModule(load: () => Promise<KeyringModule>, name: string): Promise<KeyringModule> {
  try {
    return await load()
  } catch (cause) {
    throw new KeychainError(
      'KEYCHAIN_UNAVAILABLE',
      `the module for the ${name} cannot be loaded: ${describeError(cause)}`,
      {
        cause,
        hint: 'install latchkey again, or set store = "file" under [keychain] in config.toml',
      },
    )
  }
}
