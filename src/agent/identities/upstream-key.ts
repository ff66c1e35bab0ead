import { plainKeyOf } from '../../ssh/public-key.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import { fingerprintOf } from '../connection/refusals.ts'
import type { EphemeralKey } from './ephemeral-key.ts'
import type { OwnKey } from './own-key.ts'

/** A key that another agent holds, in the place of one that is made here. It owns what is known of it. */
export interface UpstreamKey extends OwnKey {
  /** Whether this is the key itself; a certificate for it is not. */
  is(keyBlob: Uint8Array): boolean
  /** An agent lists it. */
  seen(keyBlob: Uint8Array): void
  /**
   * No agent lists it on a connection.
   * @param reasons what those have said that did not list
   * @param isEverywhere whether the connection may know of all agents: then it is missing for all
   * @returns the error that says so
   */
  missed(reasons: readonly string[], isEverywhere: boolean): AgentError
  /** It is about to sign. */
  signing(): void
}

/** What it needs. */
export interface UpstreamKeyOptions {
  /** Of the identity. */
  name: string
  /** `SHA256:…` */
  fingerprint: string
  onSign: () => void
  /** Called when an agent lists it for the first time. */
  onSeen: (key: EphemeralKey) => void
}

/** Nothing is known of it but its fingerprint. */
export function createUpstreamKey({ name, fingerprint, onSign, onSeen }: UpstreamKeyOptions): UpstreamKey {
  const away = (what: string, hint = 'latchkey status; ssh-add -l') =>
    new AgentError('UPSTREAM_KEY_AWAY', what, { hint })
  const notYet = away(`no agent has been asked yet for the key ${fingerprint} of ${name}`, 'ssh-add -l asks them')
  let held: EphemeralKey | undefined
  let trouble: AgentError | undefined = notYet

  return {
    isSlow: false,
    type: () => held?.publicKey.type ?? 'unknown',
    isObtainable: () => held !== undefined,
    trouble: () => trouble,
    prepare() {},
    pair() {
      if (held === undefined) throw trouble ?? notYet
      return held
    },
    held: () => held,
    wait: () => undefined,
    drop() {
      held = undefined
      trouble = notYet
    },
    is(keyBlob) {
      if (held !== undefined) return equalBytes(keyBlob, held.publicKey.blob)
      return fingerprintOf(keyBlob) === fingerprint && equalBytes(plainKeyOf(keyBlob).blob, keyBlob)
    },
    seen(keyBlob) {
      trouble = undefined
      if (held !== undefined) return
      const publicKey = plainKeyOf(keyBlob)
      const sign = () => {
        throw away(`the key of ${name} is with another agent`)
      }
      held = { publicKey, signer: { identity: { keyBlob: publicKey.blob, comment: '' }, sign } }
      onSeen(held)
    },
    missed(reasons, isEverywhere) {
      const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
      if (!isEverywhere)
        return away(
          `no agent that is shown on a forwarded connection lists the key ${fingerprint} of ${name}${why}`,
          'forward = "allow" in the [ssh.upstream.NAME] that has it',
        )
      trouble = away(`no agent lists the key ${fingerprint} of ${name}${why}`)
      return trouble
    },
    signing: onSign,
  }
}
