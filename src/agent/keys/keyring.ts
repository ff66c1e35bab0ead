import type { Clock } from '../../core/time/clock.ts'
import type { PrivateKey } from '../../ssh/private-key.ts'
import { AgentError } from '../agent-error.ts'
import { mayKnow, whyNotPermitted } from '../destination/permitted-destinations.ts'
import type { KeyConstraints } from '../protocol/constraints.ts'
import { createBlobMap } from './blob-map.ts'
import { createDepartures } from './departures.ts'
import { createKeySigner } from './key-signer.ts'
import { type ConnectionView, type Identity, type KeyStore, type Signer, unbound } from './key-store.ts'
import { createShownKeys } from './shown-keys.ts'

/**
 * The keys that came from `ssh-add`. It owns them: no other code holds their private halves. A key that is for some
 * destinations alone is not there for a connection that leads elsewhere; without a connection it is asked from this machine.
 */
export interface Keyring extends KeyStore {
  identities(connection?: ConnectionView): readonly Identity[]
  signer(keyBlob: Uint8Array): Signer | undefined
  /**
   * Adds a key. If the keyring has it already, replaces its comment and its constraints; its place in the list stays.
   * @throws {AgentError} KEYRING_FULL; KEY_HIDDEN: it is there, and the connection may not know of it
   */
  add(key: PrivateKey, comment: string, constraints: KeyConstraints, connection?: ConnectionView): void
  /** Removes the key or certificate with exactly this blob. @returns false if there is none */
  remove(keyBlob: Uint8Array, connection?: ConnectionView): boolean
  removeAll(): void
  /** The keys that are held, in the order of the list. */
  describe(): readonly AddedKey[]
}

/** What can be shown of a key. */
export interface AddedKey {
  keyBlob: Uint8Array
  comment: string
  /** When its lifetime ends, in ms since the epoch; undefined: it stays until it is removed. */
  expiresAtMs: number | undefined
  /** Whether a person has to confirm each use. */
  mustConfirm: boolean
  /** Where it may be used; undefined: everywhere. */
  destinations: KeyConstraints['destinations']
  /** Whether it is a certificate that has ended, and so is not listed. */
  isEnded: boolean
}

interface Held {
  signer: Signer
  /** When its certificate ends, in ms since the epoch; Infinity where there is no such end. */
  notAfterMs: number
  /** The uptime at which the key expires, in ms; Infinity for a key without a lifetime. */
  deadlineMs: number
  constraints: KeyConstraints
}

/** OpenSSH's MAX_AGENT_IDENTITIES: its clients accept no longer list. */
const maxKeys = 2048

/** What a keyring needs. */
export interface KeyringDeps {
  clock: Clock
  /** Called when private keys were let go and are garbage now. */
  onKeysReleased?: () => void
  /** Which hosts a key is for, by its blob; undefined: every host. */
  hostsOf?: KeyStore['hostsOf']
  /** What its keys may sign; by default anything, as with ssh-agent. */
  uses?: KeyStore['uses']
  /** How long a key stays that comes without a lifetime, in seconds; undefined: until it is removed. */
  defaultLifetimeSeconds?: () => number | undefined
}

/** Creates an empty keyring. */
export function createKeyring({
  clock,
  onKeysReleased = () => {},
  hostsOf = () => undefined,
  uses = () => undefined,
  defaultLifetimeSeconds = () => undefined,
}: KeyringDeps): Keyring {
  const held = createBlobMap<Held>()
  let listed: { identities: readonly Identity[]; fromMs: number; untilMs: number } | undefined
  /** Whether any of them is a certificate that ends: the clock is read only then. */
  let hasEnds = false
  /** Whether any of them is for some destinations alone. */
  let isLimited = false
  const shown = createShownKeys()
  const departures = createDepartures((keyBlob) => held.get(keyBlob) !== undefined)
  let nextDeadlineMs = Number.POSITIVE_INFINITY
  let cancelTimer = () => {}

  /** Called after every change of the keys. */
  const changed = (): void => {
    listed = undefined
    hasEnds = held.values().some(({ notAfterMs }) => notAfterMs < Number.POSITIVE_INFINITY)
    isLimited = held.values().some(({ constraints }) => constraints.destinations !== undefined)
    departures.look()
    cancelTimer()
    nextDeadlineMs = Math.min(Number.POSITIVE_INFINITY, ...held.values().map(({ deadlineMs }) => deadlineMs))
    // Removes the key from memory in time. Whether it may be used is decided by the clock at each use.
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
    for (const { deadlineMs, signer } of held.values()) if (deadlineMs <= now) held.delete(signer.identity.keyBlob)
    onKeysReleased()
    changed()
  }

  const mayBeKnown = (keyBlob: Uint8Array, connection: ConnectionView): boolean => {
    const destinations = held.get(keyBlob)?.constraints.destinations
    return destinations === undefined || mayKnow(destinations, connection, clock.now())
  }

  /** No server takes a certificate that has ended (docs/PROTOCOL.md P-22), but it costs a try. The clock may be set back. */
  const listAt = (nowMs: number) => {
    const all = held.values()
    const ends = all.map(({ notAfterMs }) => notAfterMs)
    return {
      identities: all.filter(({ notAfterMs }) => nowMs < notAfterMs).map(({ signer }) => signer.identity),
      fromMs: Math.max(Number.NEGATIVE_INFINITY, ...ends.filter((endMs) => endMs <= nowMs)),
      untilMs: Math.min(Number.POSITIVE_INFINITY, ...ends.filter((endMs) => endMs > nowMs)),
    }
  }

  const listNow = (connection: ConnectionView = unbound): readonly Identity[] => {
    dropExpired()
    const nowMs = hasEnds ? clock.now() : 0
    if (listed === undefined || nowMs < listed.fromMs || nowMs >= listed.untilMs) listed = listAt(nowMs)
    return isLimited ? shown.of(connection, listed.identities, mayBeKnown) : listed.identities
  }

  return {
    name: 'keys of ssh-add',
    isAdded: true,
    isFor: () => true,
    hostsOf,
    confirmOf: ({ keyBlob }) => (held.get(keyBlob)?.constraints.mustConfirm === true ? 'always' : 'never'),
    objection({ keyBlob }, connection, data) {
      const destinations = held.get(keyBlob)?.constraints.destinations
      return destinations && whyNotPermitted(destinations, connection, { keyBlob, data }, clock.now())
    },
    uses,
    // Keys of `ssh-add` are for everyone who reaches the agent, as with ssh-agent.
    isShownTo: () => true,
    identities: listNow,
    expected: listNow,
    holds(keyBlob) {
      dropExpired()
      return held.get(keyBlob) === undefined ? undefined : 'here'
    },
    onceGone: departures.onceGone,
    signer(keyBlob) {
      dropExpired()
      return held.get(keyBlob)?.signer
    },
    add({ privateKey, publicKey, blob, notAfterMs }, comment, constraints, connection = unbound) {
      dropExpired()
      const lifetimeSeconds = constraints.lifetimeSeconds ?? defaultLifetimeSeconds()
      const isHeld = held.get(blob) !== undefined
      if (isHeld && !mayBeKnown(blob, connection))
        throw new AgentError(
          'KEY_HIDDEN',
          'the key is here already, for other destinations than this connection leads to',
        )
      if (held.size >= maxKeys && !isHeld) {
        throw new AgentError('KEYRING_FULL', `${maxKeys} keys are held already`, { hint: 'ssh-add -D' })
      }
      // A copy: the blob may be a view of the message, which held the secret too.
      const identity = { keyBlob: Uint8Array.from(blob), comment }
      const deadlineMs =
        lifetimeSeconds === undefined ? Number.POSITIVE_INFINITY : clock.uptime() + lifetimeSeconds * 1000
      if (isHeld) onKeysReleased()
      held.set(identity.keyBlob, {
        signer: createKeySigner(identity, privateKey, publicKey),
        deadlineMs,
        notAfterMs: notAfterMs ?? Number.POSITIVE_INFINITY,
        constraints,
      })
      changed()
    },
    remove(keyBlob, connection = unbound) {
      dropExpired()
      const wasHeld = mayBeKnown(keyBlob, connection) && held.delete(keyBlob)
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
    describe() {
      dropExpired()
      const [nowMs, uptimeMs] = [clock.now(), clock.uptime()]
      return held.values().map(({ signer, deadlineMs, notAfterMs, constraints: { mustConfirm, destinations } }) => ({
        keyBlob: signer.identity.keyBlob,
        comment: signer.identity.comment,
        expiresAtMs: deadlineMs === Number.POSITIVE_INFINITY ? undefined : nowMs + deadlineMs - uptimeMs,
        mustConfirm,
        destinations,
        isEnded: notAfterMs <= nowMs,
      }))
    },
  }
}
