import type { SessionBinding } from '../connection/session-bind.ts'
import type { Destination, HostPatterns } from '../destination/host-patterns.ts'

/** A value, or a promise of one. The fast path of a signature creates no promise at all. */
export type MaybePromise<T> = T | Promise<T>

/** One entry of an agent's list. */
export interface Identity {
  /** The plain key or the certificate: this is what a client names in its sign request. */
  keyBlob: Uint8Array
  comment: string
  /** What it comes behind in a list, of whatever store; absent: nothing. A server ends a connection after a few tries. */
  behind?: 'certificates' | 'everything'
}

/** One identity with its private key. */
export interface Signer {
  identity: Identity
  /** True when it signs in Node's thread pool: such signatures take turns. */
  usesPool?: boolean
  /**
   * Signs `data` and returns the signature blob.
   * @param flags of RFC 9987 §5.6.1; they matter to RSA keys only
   */
  sign(data: Uint8Array, flags: number): MaybePromise<Uint8Array>
}

/** When a person has to confirm each use of a key: on connections that may come from another machine, or on all. */
export const confirmPolicies = ['never', 'forwarded', 'always'] as const
/** One of them; they stand in the order of their strictness. */
export type ConfirmPolicy = (typeof confirmPolicies)[number]

/** Of two settings the stricter counts. */
export const stricterConfirm = (one: ConfirmPolicy, other: ConfirmPolicy): ConfirmPolicy =>
  confirmPolicies.indexOf(one) > confirmPolicies.indexOf(other) ? one : other

/** What a key store may know of the connection that asks. */
export interface ConnectionView {
  /** The verified session binds of this connection, in their order. */
  readonly bindings: readonly SessionBinding[]
  /**
   * True if the client may be on another machine: a bind said that it forwards, or a bind failed. A client that never
   * binds cannot be distinguished from a local one.
   */
  readonly isForwarded: boolean
}

/** A connection of this machine that has not said where it leads. */
export const unbound: ConnectionView = { bindings: [], isForwarded: false }

/** A place that holds keys. */
export interface KeyStore {
  /** Whether its keys came from `ssh-add`, or are configured. */
  readonly isAdded: boolean
  /** The store as one connection sees it, where other agents hold its keys; absent: it is the same for all. */
  through?(agents: readonly KeyStore[], connection: ConnectionView): KeyStore
  /** Whether any of its identities may be for a destination: where none is, nobody waits for it. */
  isFor(destination: Destination): boolean
  /** Which hosts one of its identities is for; undefined: every host. */
  hostsOf(identity: Identity): HostPatterns | undefined
  /** When a person has to confirm the use of one of its identities. */
  confirmOf(identity: Identity): ConfirmPolicy
  /**
   * Why one of its identities must not sign this on a connection, whatever its uses are, as the end of a sentence; undefined
   * if it may.
   */
  objection(identity: Identity, connection: ConnectionView, data: Uint8Array): string | undefined
  /** For messages, and of no other store: `identity ops`. */
  readonly name: string
  /** Whether a connection may know of this store at all. If not, nothing of it is listed for it and nothing signs for it. */
  isShownTo(connection: ConnectionView): boolean
  /** What its keys may sign on a connection, as the setting `sign` names it; undefined: anything. */
  uses(connection: ConnectionView): readonly string[] | undefined
  /** What of this store a connection is shown. A rejection hides the identities of this store only. */
  identities(connection: ConnectionView): MaybePromise<readonly Identity[]>
  /**
   * What a connection would be shown if all goes well. Nothing is done for it: where a certificate would have to be fetched,
   * something stands for it whose `keyBlob` is empty.
   */
  expected(connection: ConnectionView): readonly Identity[]
  /**
   * Where the key of a blob is, as far as that is known without asking: `here`, ready to sign, or `elsewhere`, to be fetched
   * first. Its settings then count wherever else the key is found, the stricter of two. Absent: the store has nothing that
   * another one could have, or has to be asked.
   */
  holds?(keyBlob: Uint8Array): 'here' | 'elsewhere' | undefined
  /**
   * Calls once when the key of a blob is taken away. Absent: that is not found out before it is used.
   * @returns takes that back
   */
  onceGone?(keyBlob: Uint8Array, listener: () => void): () => void
  /**
   * The signer for a key blob; undefined if it is not in this store: ask the next store. A rejection is final, but for a key
   * that the store `holds` elsewhere.
   */
  signer(keyBlob: Uint8Array): MaybePromise<Signer | undefined>
}
