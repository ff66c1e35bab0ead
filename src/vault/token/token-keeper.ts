import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/log.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import type { VaultClient } from '../client.ts'
import type { LoginMethod } from '../login/login-method.ts'
import { createFoundTokens } from './found-keeper.ts'
import type { HeldToken, TokenKeeper } from './held-token.ts'
import { createOwnTokens } from './own-token.ts'
import { createTokenStore } from './stored-token.ts'

/** What a keeper works with. */
export interface TokenKeeperDeps {
  client: VaultClient
  method: LoginMethod
  keychain: Keychain
  revoke: (held: HeldToken) => Promise<void>
  clock: Clock
  random: () => number
  log: Logger
}

/** The keeper for a login method. A token of our own is stored with the server, namespace and login that it is for. */
export function createTokenKeeper({ client, method, keychain, ...deps }: TokenKeeperDeps): TokenKeeper {
  const vault = client.name
  if (method.type === 'found') return createFoundTokens({ vault, method })
  const madeFor = `${client.destination} ${method.name} ${method.identity}`
  const store = createTokenStore({ keychain, vault, madeFor, log: deps.log })
  return createOwnTokens({ vault, method, store, ...deps })
}
