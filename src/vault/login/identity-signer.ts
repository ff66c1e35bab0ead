import type { PromptCaller } from '../../prompts/prompt.ts'

/** A request to STS for the name of its signer (GetCallerIdentity), which has not been sent. */
export interface SignedIdentityRequest {
  url: string
  body: string
  headers: Readonly<Record<string, string>>
}

/** Who signs, and for whom. */
export interface IdentityRequest {
  profile: string
  /** Absent: the global endpoint of STS. */
  region: string | undefined
  /** The vault that the request is meant for. */
  serverId: string | undefined
}

/** Signs as a profile of AWS. This room has no other need of AWS. */
export interface IdentitySigner {
  /** Gets what signing takes with the help of this caller, who may be asked for a code. */
  prepare(profile: string, caller: PromptCaller): Promise<void>
  /** Asks nobody. @throws {VaultError} VAULT_LOGIN_NEEDED: the profile needs a code; VAULT_CONFIG */
  sign(request: IdentityRequest): Promise<SignedIdentityRequest>
}
