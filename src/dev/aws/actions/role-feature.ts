import type { Caller } from '../caller/caller.ts'
import type { FieldReader } from '../protocol/fields.ts'

/** What AssumeRole understands in addition to what is built in. */
export interface RoleFeature {
  /** Fields that are refused where nobody reads them; of a list or a structure its own name. */
  fields: readonly string[]
  /** Reads them; what it returns is called once a code was accepted. @throws {AwsRefusal} then */
  read(fields: FieldReader): (caller: Caller, codeAtMs: number | undefined) => RoleTerms
}

/** What a feature makes of one call of AssumeRole. */
export interface RoleTerms {
  /** Actions that the trust policy must allow as well. */
  actions: readonly string[]
  /** Condition keys in lower case, in addition to those of MFA. */
  context: Iterable<readonly [string, string]>
  /** What the session remembers of the call. */
  carried: {
    sourceIdentity?: string | undefined
    transitiveTags?: Readonly<Record<string, string>> | undefined
    mfaAtMs?: number | undefined
  }
}
