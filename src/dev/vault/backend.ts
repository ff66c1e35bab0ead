import type { VaultCall } from './call.ts'
import type { Identities } from './identities.ts'
import type { LoginGrant, Logins } from './login/logins.ts'
import type { PathPatterns } from './policy/acl.ts'
import type { ParsePolicy, PolicyStore, RenderPath } from './policy/policies.ts'
import type { Answer } from './reply.ts'
import type { Route } from './routes.ts'
import type { SshFeature } from './ssh/ssh-feature.ts'
import type { MountEntry, StateAccess, TokenEntry } from './state.ts'
import type { MountTable } from './system/mounts.ts'
import type { Caller, Callers } from './token/callers.ts'
import type { TokenCalls } from './token/token-calls.ts'
import type { TokenTerms } from './token/token-terms.ts'
import type { BatchTokens, TokenStore } from './token/tokens.ts'

/** A type of mount: what it answers, and what it knows about the tokens that it gave. */
export interface Backend {
  /** As `sys/mounts` and `sys/auth` name it. */
  type: string
  /** `fixed`: mounted once, from the beginning. */
  kind: 'secrets' | 'login' | 'fixed'
  routes: readonly Route[]
  /** Drops what belonged to a mount that is gone. */
  forget?(mount: MountEntry): void
  /**
   * The terms of a user or role as they are now, for a renewal; undefined where they no longer exist.
   * @throws {DevVaultError} where the token must not be renewed: INTERNAL; INVALID_CREDENTIALS where a password is no longer
   *   right; others as they are
   */
  renewalTerms?(mount: MountEntry, name: string, entry: TokenEntry): TokenTerms | undefined
}

/** What a plug-in adds to the server. Anything that is not added is refused, never ignored. */
export interface Addition {
  backends?: readonly Backend[]
  /** By the type of mount. Where a pattern exists already, only the operations that are named here are replaced. */
  routes?: Readonly<Record<string, readonly Route[]>>
  /** Wraps a route, whichever backend or plug-in it comes from. */
  decorate?(type: string, route: Route): Route
  /**
   * Looks at each call before anything else does, and may answer it.
   * @throws {DevVaultError} for a refusal
   */
  intercept?(call: VaultCall): Answer | undefined
  /**
   * Stands around each call: may change it, make others, and change the answer. The last plug-in is the outermost.
   * @param next what this one stands around; it throws only what is a defect of the server
   */
  around?(call: VaultCall, next: (call: VaultCall) => Promise<Answer>): Promise<Answer>
  /** @throws {DevVaultError} for a caller whose token is alive but not accepted */
  admit?(caller: Caller, remoteAddress: string): void
  /** The networks that the new token is bound to. @throws {DevVaultError} for a login from elsewhere */
  networksOf?(login: LoginGrant): readonly string[]
  /** Called for a mount that is gone. */
  unmounted?(mount: MountEntry): void
  /** Headers that it understands, in lower case. */
  headers?: readonly string[]
  /** Knows people better than by one name at one mount. */
  identities?: Identities
  renderPath?: RenderPath
  parsePolicy?: ParsePolicy
  patterns?: PathPatterns
  batchTokens?: BatchTokens
  ssh?: SshFeature
}

/** The parts of the server that backends and plug-ins work with. */
export interface VaultCore extends StateAccess {
  /** Wall-clock time in ms since the epoch. */
  now(): number
  tokens: TokenStore
  tokenCalls: TokenCalls
  policies: PolicyStore
  mounts: MountTable
  callers: Callers
  identities: Identities
  logins: Logins
  /** All that the plug-ins have added; complete when the first call comes. */
  additions: readonly Addition[]
}

/** Adds something to a server. */
export type Plugin = (core: VaultCore) => Addition
