import type { Clock } from '../../core/time/clock.ts'
import type { PrivateKey } from '../../ssh/private-key.ts'
import { AgentError } from '../agent-error.ts'
import type { KeyConstraints } from '../protocol/constraints.ts'
import { createKeySigner } from './key-signer.ts'
import type { Identity, KeyStore, Signer } from './key-store.ts'

/** The keys that `ssh-add` has given. It owns them: nobody else holds a private key of theirs. */
export interface Keyring extends KeyStore {
  identities(): readonly Identity[]
  signer(keyBlob: Uint8Array): Signer | undefined
  /**
   * Adds a key, or replaces it with its comment and its lifetime at its place in the list.
   * @throws {AgentError} KEYRING_FULL
   */
  add(key: PrivateKey, comment: string, constraints: KeyConstraints): void
  /** Takes out the key or certificate with exactly this blob. @returns false when there is none */
  remove(keyBlob: Uint8Array): boolean
  removeAll(): void
  /** How many keys are held. */
  count(): number
}

interface Held {
  signer: Signer
  /** Uptime in ms from which on the key is gone; Infinity for a key without a lifetime. */
  deadlineMs: number
}

/** OpenSSH's MAX_AGENT_IDENTITIES: its clients take no longer list. */
const maxKeys = 2048

/** What a keyring works with. */
export interface KeyringDeps {
  clock: Clock
  /** Told that private keys were let go, and are garbage now. */
  onKeysReleased?: () => void
}

/** An empty keyring. */
export function createKeyring({ clock, onKeysReleased = () => {} }: KeyringDeps): Keyring {
  // By blob, in the order in which the keys came.
  const held = new Map<string, Held>()
  let listed: readonly Identity[] | undefined
  let nextDeadlineMs = Number.POSITIVE_INFINITY
  let cancelTimer = () => {}

  /** Whatever changes the keys ends here. */
  const changed = (): void => {
    listed = undefined
    cancelTimer()
    nextDeadlineMs = Math.min(Number.POSITIVE_INFINITY, ...[...held.values()].map(({ deadlineMs }) => deadlineMs))
    // Takes the key out of memory in time. What decides is the look at the clock at each use.
    if (nextDeadlineMs < Number.POSITIVE_INFINITY)
      cancelTimer = clock.after(nextDeadlineMs - clock.uptime(), dropByTimer)
  }

  const dropByTimer = (): void => {
    dropExpired()
    // The timer and the uptime, which Linux rounds down, need not agree to the millisecond.
    changed()
  }

  const dropExpired = (): void => {
    // The clock is read only when some key has a lifetime: reading the uptime costs a system call or three.
    if (nextDeadlineMs === Number.POSITIVE_INFINITY) return
    const now = clock.uptime()
    if (now < nextDeadlineMs) return
    for (const [name, { deadlineMs }] of held) if (deadlineMs <= now) held.delete(name)
    onKeysReleased()
    changed()
  }

  return {
    // `ssh-add` gives keys to whoever reaches the agent, as ssh-agent does.
    isShownTo: () => true,
    identities() {
      dropExpired()
      listed ??= [...held.values()].map(({ signer }) => signer.identity)
      return listed
    },
    signer(keyBlob) {
      dropExpired()
      return held.get(nameOf(keyBlob))?.signer
    },
    add({ privateKey, publicKey, blob }, comment, { lifetimeSeconds }) {
      dropExpired()
      const name = nameOf(blob)
      if (held.size >= maxKeys && !held.has(name)) {
        throw new AgentError('KEYRING_FULL', `${maxKeys} keys are held already`, { hint: 'ssh-add -D' })
      }
      // A copy: the blob may be a view of the message, which held the secret too.
      const identity = { keyBlob: Uint8Array.from(blob), comment }
      const deadlineMs =
        lifetimeSeconds === undefined ? Number.POSITIVE_INFINITY : clock.uptime() + lifetimeSeconds * 1000
      if (held.has(name)) onKeysReleased()
      held.set(name, { signer: createKeySigner(identity, privateKey, publicKey), deadlineMs })
      changed()
    },
    remove(keyBlob) {
      dropExpired()
      const wasHeld = held.delete(nameOf(keyBlob))
      if (wasHeld) {
        onKeysReleased()
        changed()
      }
      return wasHeld
    },
    removeAll() {
      if (held.size > 0) onKeysReleased()
      held.clear()
      changed()
    },
    count() {
      dropExpired()
      return held.size
    },
  }
}

/** The bytes as a string, one character each: the cheapest key of a map. */
function nameOf(keyBlob: Uint8Array): string {
  return Buffer.from(keyBlob.buffer, keyBlob.byteOffset, keyBlob.byteLength).toString('latin1')
}
