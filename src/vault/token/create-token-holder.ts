import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import type { VaultClient } from '../client.ts'
import type { TokenMethod } from '../login/login-method.ts'
import { createExternalTokenHolder } from './external-token.ts'
import { createLoginTokenHolder } from './login-token.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'
import { createTokenStore } from './token-store.ts'

/** What a holder works with. */
export interface TokenHolderDeps {
  client: VaultClient
  method: TokenMethod
  keychain: LastingKeychain
  revoke: (held: HeldToken) => Promise<void>
  clock: Clock
  random: () => number
  log: Logger
}

/** The holder for a login method. A token of our own is stored with the server, namespace and login that it is for. */
export function createTokenHolder(deps: TokenHolderDeps): TokenHolder {
  const { client, method, keychain, revoke, clock, random, log } = deps
  const vault = client.name
  if (method.type === 'external') return createExternalTokenHolder(vault, method, clock)
  const madeFor = `${client.destination} ${method.name} ${method.identity}`
  const store = createTokenStore({ keychain, vault, madeFor, clock, log })
  return createLoginTokenHolder({ vault, method, store, revoke, clock, random, log })
}
