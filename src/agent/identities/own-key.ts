import type { Turns } from '../../core/calls/turns.ts'
import type { Clock } from '../../core/time/clock.ts'
import { settledWithin } from '../../core/time/settled-within.ts'
import { keyGeneratorNamed } from '../../ssh/keys/key-types.ts'
import type { MaybePromise } from '../keys/key-store.ts'
import { createEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'

/** The key pair of one identity: the same until it is let go, whatever certificates come and go. */
export interface OwnKey {
  /** Whether making it takes seconds. */
  readonly isSlow: boolean
  /** Such as `ssh-ed25519`; `unknown` where that is so. */
  type(): string
  /** Whether there is a pair, or can be one. */
  isObtainable(): boolean
  /** Why it cannot be used, if that is known. */
  trouble(): unknown
  /** Begins to make it. */
  prepare(): void
  /** The pair, made when it is first needed. If that fails, it is tried again the next time. */
  pair(): MaybePromise<EphemeralKey>
  /** The pair, once it has been made. */
  held(): EphemeralKey | undefined
  /** Waits until it has been made, or that has failed, but never longer than 8 s; undefined if there is nothing to wait for. */
  wait(): Promise<void> | undefined
  /** Lets go of it. The next one is another. */
  drop(): void
}

/** What it needs. */
export interface OwnKeyOptions {
  keyType: string
  slowKeys: Turns
  clock: Clock
  onSign: () => void
  /** Called when a key has been made that is not let go of yet. */
  onMade: (key: EphemeralKey) => void
  /** Called when a private key was let go and is garbage now. */
  onKeysReleased?: (() => void) | undefined
}

/** As long as for a certificate: ssh shows no sign of life while it waits for a list. */
const waitMs = 8_000

/** Makes no key yet. */
export function createOwnKey({ clock, onMade, onKeysReleased = () => {}, ...options }: OwnKeyOptions): OwnKey {
  const { type, isSlow } = keyGeneratorNamed(options.keyType)
  let present: MaybePromise<EphemeralKey> | undefined

  const pair = (): MaybePromise<EphemeralKey> => {
    if (present !== undefined) return present
    const made = createEphemeralKey(options)
    present = made
    if (made instanceof Promise) {
      made.then(
        (key) => {
          if (present !== made) return
          present = key
          onMade(key)
        },
        () => {
          if (present === made) present = undefined
        },
      )
    } else onMade(made)
    return made
  }

  return {
    isSlow,
    type: () => type.name,
    isObtainable: () => true,
    trouble: () => undefined,
    prepare: () => void pair(),
    pair,
    held: () => (present instanceof Promise ? undefined : present),
    wait() {
      const made = pair()
      return made instanceof Promise ? settledWithin(clock, waitMs, made) : undefined
    },
    drop() {
      if (present !== undefined) onKeysReleased()
      present = undefined
    },
  }
}
