import type * as v from 'valibot'
import type { Logger } from '../../core/log.ts'
import type { Environment } from '../../core/places/environment.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import type { PromptCaller, Prompts } from '../../prompts/prompt.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import type { VaultClient } from '../client.ts'
import type { InlineLogin } from '../inline-login.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import type { VaultError } from '../vault-error.ts'
import type { IdentitySigner } from './identity-signer.ts'
import type { RunProgram } from './token-helper.ts'

/** Gets tokens by login requests of our own: they are ours, to be stored, renewed and revoked. */
export interface LoginRequest {
  type: 'login'
  /** The method's name in the configuration. */
  name: string
  /** Who logs in where, such as `userpass/jo`: a stored token that belongs to someone else is not used. */
  identity: string
  /** True: no person is needed. */
  isUnattended: boolean
  /** Gets what the login builds on, with the help of a caller who wants it and may be asked. */
  prepare?(caller: PromptCaller): Promise<void>
  /**
   * Gets a new token, by asking a person where it is not unattended.
   * @param isAsked a person wants it now: what was refused before is tried again without a pause
   * @param signal aborted when nobody wants the token any more: its reason is thrown instead of asking. A request that is
   *   on its way is waited for, so that its token can be revoked
   * @throws {VaultError} VAULT_LOGIN_FAILED, VAULT_LOGIN_LOCKED and others; a PromptError
   */
  login(isAsked: boolean, signal?: AbortSignal): Promise<LeasedToken>
}

/** Whether somebody wants the login and can be asked on the way. */
export interface Asking {
  mayAsk: boolean
  /** Aborts when nobody wants the token any more. */
  signal: AbortSignal | undefined
}

/** A token that someone else obtained and looks after. */
export interface ExternalToken {
  token: Secret<string>
  /** Where it was found: `VAULT_TOKEN`, `/home/jo/.vault-token`, `the token helper`. */
  origin: string
  /** How its owner replaces it, as a hint. */
  renewHint: string
}

/** Uses a token that already exists: it is not stored and never revoked. */
export interface TokenFinder {
  type: 'external'
  /** The method's name in the configuration. */
  name: string
  /** No person is needed to look for it. */
  isUnattended: true
  /** It stands for the token that a proxy puts in its place: that one ends and is renewed without our knowing. */
  isStandIn?: true
  /**
   * Looks for the token.
   * @param isFresh do not use what a token helper said before
   * @throws {VaultError} VAULT_LOGIN_NEEDED when there is none, VAULT_CONFIG when it cannot be read or sent
   */
  find(isFresh: boolean): Promise<ExternalToken>
}

/** Logs in with each request, and in it: there is no token. */
export interface InlineMethod {
  type: 'inline'
  /** The method's name in the configuration. */
  name: string
  /** What has to be asked for cannot be asked for with each request. */
  isUnattended: true
  /**
   * Runs `use` with a login for its one request, unless that login was refused a short while ago.
   * @param isAsked as for `LoginRequest.login`
   * @param use gets as well what Vault would call the token, as far as that is known beforehand
   * @throws what `use` throws; a VaultError where there is nothing to log in with, or with what the login was refused
   */
  attempt<T>(isAsked: boolean, use: (login: InlineLogin, displayName: string) => Promise<T>): Promise<T>
}

/** How one vault is logged in to, where a token comes of it. */
export type TokenMethod = LoginRequest | TokenFinder

/** How one vault is logged in to. */
export type LoginMethod = TokenMethod | InlineMethod

/** What login methods are created with: each uses some of it. */
export interface LoginContext {
  client: VaultClient
  /** The server's address as it is configured, for a token helper. */
  address: string
  prompts: Prompts
  keychain: LastingKeychain
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  environment: Environment
  /** The user's home folder. */
  home: string
  /** Whose browsers may come back to us; undefined where the system has no such numbers. */
  uid: number | undefined
  /** Rejects with the file system's error. */
  readText: (path: string) => Promise<string>
  runProgram: RunProgram
  /** Config.toml does not say how to log in: `latchkey login` has a person choose where no token is found. */
  isOpen?: boolean
  /** Why this vault does not get the token that the command lines use; see `refuseSharedToken`. */
  tokenRefusal?: VaultError | undefined
  /** The client certificate of the connection as it is now, in PEM; undefined where there is none. */
  clientCertificate: () => string | undefined
  identitySigner: IdentitySigner
}

/** The mounts at which a login can be offered to a person. */
export interface MountOffer {
  /** As the server calls them. */
  types: readonly string[]
  /** The user's name is a part of `auth`. */
  needsName: boolean
}

type AuthSchema = v.StrictObjectSchema<
  { method: v.LiteralSchema<string, undefined> } & v.ObjectEntries,
  v.ErrorMessage<v.StrictObjectIssue> | undefined
>

/** One login method: everything about it is in the file that defines it. */
export interface LoginMethodDefinition<Schema extends AuthSchema, Method extends LoginMethod> {
  /** `auth` of a `[vault.…]` section for this method. Paths are absolute or begin with `~/`. */
  schema: Schema
  /** What its logins may be refused with, in addition to what any login may. */
  advice: LoginAdvice
  /** A person can make it with nothing but the mount, and a name where it takes one. */
  offer?: MountOffer
  create(auth: v.InferOutput<Schema>, context: LoginContext): Method
}

/** Defines a login method; login-methods.ts must list it. */
export function defineLoginMethod<Schema extends AuthSchema, Method extends LoginMethod>(
  definition: LoginMethodDefinition<Schema, Method>,
): LoginMethodDefinition<Schema, Method> {
  return definition
}

/** The topic of the questions that a login to this vault asks. */
export function loginTopic(vault: string): string {
  return `vault/${vault}`
}
