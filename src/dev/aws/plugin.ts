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

/** One call on its way, for those who stand in it. */
export interface Exchange {
  /** Undefined where it has none. */
  action: string | undefined
  /** Carries the call out; it never rejects. @param judge told who calls before it takes effect; may throw an AwsRefusal */
  answer(judge?: (caller: CallerIdentity) => void): Promise<Answer>
  /** @param xml in the place of the answer's own */
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

/** What a plug-in adds to the embedded AWS. What nobody has added is refused. */
export interface AwsAddition {
  /** Versions of services of the query protocol, which tell calls apart: `{ sso: '2019-06-10' }`. */
  services?: Readonly<Record<string, string>>
  /** By service, then by name. */
  actions?: Readonly<Record<string, Readonly<Record<string, Action>>>>
  /** Answers at other paths than `/`; undefined: not this one. */
  rest?: RestHandler
  /** Stands in every exchange. */
  serve?(exchange: Exchange): Promise<void>
  /** Regions whose endpoints this one stands for. */
  isRegion?(region: string): boolean
  /** Whether an active key is known already. */
  isKeyKnown?(key: DevAccessKey, nowMs: number): boolean
  /** Judges trust policies in the place of the embedded AWS, which knows those of its own roles only. */
  judgeTrust?: JudgeTrust
  roleFeature?: RoleFeature
}
