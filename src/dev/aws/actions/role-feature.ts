import type { Caller } from '../caller/caller.ts'
import type { FieldReader } from '../protocol/fields.ts'

/** What AssumeRole heeds besides what is built in. */
export interface RoleFeature {
  /** Fields that are refused where nobody reads them. */
  fields: readonly string[]
  /** Reads them; what it returns is asked once a code was taken. @throws {AwsRefusal} then */
  read(fields: FieldReader): (caller: Caller, codeAtMs: number | undefined) => RoleTerms
}

/** What one call of AssumeRole comes to by a feature. */
export interface RoleTerms {
  /** That the trust policy must allow as well. */
  actions: readonly string[]
  /** Condition keys in lower case, besides those of MFA. */
  context: Iterable<readonly [string, string]>
  /** What the session knows of the call. */
  carried: { sourceIdentity?: string | undefined; mfaAtMs?: number | undefined }
}
