import type { Action } from './actions/action.ts'
import type { RoleFeature } from './actions/role-feature.ts'
import type { JudgeTrust } from './actions/trust-policy.ts'
import type { CallerIdentity } from './caller/caller.ts'
import type { DevAccessKey } from './state.ts'

/** What became of a call. */
export interface Answer {
  status: number
  requestId: string
  xml: string
  /** ARN of who signed; null where the signature was not accepted. */
  principal: string | null
  /** The role that was asked for. */
  role: string | null
  /** AWS's error code. */
  error: string | null
}

/** One call on its way, for the plug-ins that it passes through. */
export interface Exchange {
  /** Undefined where it has none. */
  action: string | undefined
  /**
   * Carries the call out; it never rejects.
   * @param judge is given the caller before the call takes effect; may throw an AwsRefusal
   */
  answer(judge?: (caller: CallerIdentity) => void): Promise<Answer>
  /** @param xml sent in place of the answer's own */
  send(answer: Answer, xml?: string): void
  /** Logs that no answer is sent, and why. */
  keepBack(why: string, answer?: Answer): void
  /** Breaks the connection. */
  reset(): void
}

/** A request that is no call of the query protocol, and its answer. */
export type RestHandler = (request: {
  method: string
  /** With the query. */
  url: string
  header(name: string): string | undefined
  body: Uint8Array
}) => Promise<{ status: number; headers: Readonly<Record<string, string>>; body: string } | undefined>

/** What a plug-in adds to the embedded AWS. Anything that is not added is refused. */
export interface AwsAddition {
  /** Versions of services of the query protocol, by which calls are told apart: `{ sso: '2019-06-10' }`. */
  services?: Readonly<Record<string, string>>
  /** By service, then by name. */
  actions?: Readonly<Record<string, Readonly<Record<string, Action>>>>
  /** Answers at paths other than `/`; undefined: not this one. */
  rest?: RestHandler
  /** Wraps every exchange. */
  serve?(exchange: Exchange): Promise<void>
  /** Regions whose endpoints this one stands for. */
  isRegion?(region: string): boolean
  /** Whether an active key is already known. */
  isKeyKnown?(key: DevAccessKey, nowMs: number): boolean
  /** How long an MFA device is unknown after it was made, or given to a user, in ms. */
  newDeviceDelayMs?(): number
  /** Judges trust policies instead of the embedded AWS, which knows only those of its own roles. */
  judgeTrust?: JudgeTrust
  roleFeature?: RoleFeature
}
