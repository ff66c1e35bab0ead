import type { VaultErrorCode } from '../vault-error.ts'

/** One text that a server may answer with, and what it means to the person here. */
export interface AdviceRow<Purpose extends VaultPurpose = VaultPurpose> {
  /** Matched against each text of the answer. */
  text: RegExp
  /** Absent: any status. */
  status?: number
  code: VaultErrorCode
  /** What failed, without the server's name. */
  message: (purpose: Purpose, match: RegExpMatchArray) => string
  /** @param vault the server's name in the configuration */
  hint: (purpose: Purpose, match: RegExpMatchArray, vault: string) => string
}

/** A certificate is asked for. */
export interface SignPurpose {
  type: 'sign'
  mount: string
  role: string
  /** As `key_type` of config.toml has it. */
  keyType: string
  /** The key is another agent's (`upstream_key`): no other type can be had by a setting. */
  isOthersKey?: boolean | undefined
}

/** A certificate for a host is asked for. */
export interface HostSignPurpose {
  type: 'sign-host'
  mount: string
  role: string
}

/** What a login may be refused with. */
export type LoginAdvice = readonly AdviceRow<LoginPurpose>[]

/** A login. */
export interface LoginPurpose {
  type: 'login'
  /** The auth mount, without `auth/`. */
  mount: string
  /** A user name, or words for the AppRole, whose role id is half of a secret. */
  who: string
  /** A person wants it, and is told to come back where it cannot be done now. */
  isAsked?: boolean | undefined
  /** What the login method knows about its own refusals; tried before what any login may be refused with. */
  advice: LoginAdvice
}

/** The opening of the wrapped secret in `file`. */
export interface UnwrapPurpose {
  type: 'unwrap'
  file: string
  advice: readonly AdviceRow<UnwrapPurpose>[]
}

/** What is done with a token by itself. */
export interface TokenPurpose {
  type: 'token'
  operation: 'look up' | 'renew' | 'revoke'
}

/** What needs no token: the key of an SSH CA, the state of the server. */
export interface PublicPurpose {
  type: 'public'
  mount: string
  /** A person wants it, or a login that depends on it. */
  isAsked?: boolean | undefined
}

/** What a request is for: advice on a refusal depends on it. */
export type VaultPurpose = SignPurpose | HostSignPurpose | LoginPurpose | UnwrapPurpose | TokenPurpose | PublicPurpose

/** The hint where the server found fault with the request itself. */
export const reportHint = () => 'this is a mistake in latchkey: please report it with the output of: latchkey --version'
