import type { Backend, VaultCore } from '../backend.ts'
import { type Handler, withFields } from '../routes.ts'

/** `auth/token/…-self`: what a token does with itself. */
export function createTokenBackend({ tokenCalls: calls }: VaultCore): Backend {
  const lookUpSelf: Handler = ({ tokenId, caller }) => calls.lookUp(tokenId!, caller!.token)
  return {
    type: 'token',
    kind: 'fixed',
    routes: [
      { pattern: 'lookup-self', read: lookUpSelf, update: lookUpSelf },
      {
        pattern: 'renew-self',
        update: withFields({ token: 'text', increment: 'seconds' }, ({ increment = 0 }, { tokenId, caller }) =>
          calls.renew(tokenId!, caller!.token, increment),
        ),
      },
      { pattern: 'revoke-self', update: ({ caller }) => calls.revoke(caller!.token) },
    ],
  }
}
