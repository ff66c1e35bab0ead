import type { Backend, VaultCore } from '../backend.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import { empty } from '../reply.ts'
import { type Handler, withFields } from '../routes.ts'
import type { FoundToken } from './tokens.ts'

/** `auth/token/…`: looking up, renewing and revoking tokens. */
export function createTokenBackend(core: VaultCore): Backend {
  const { tokens, tokenCalls: calls } = core
  const byId = (id: string | undefined): FoundToken | undefined => {
    if (id === undefined || id === '') throw invalidRequest('missing token ID')
    return tokens.find(id)
  }
  const lookUpById = withFields({ token: 'text' }, ({ token: id }, request) => {
    const wanted = id === undefined || id === '' ? request.tokenId! : id
    const token = byId(wanted)
    if (token === undefined) throw new DevVaultError('PERMISSION_DENIED', 'bad token')
    return calls.lookUp(wanted, token)
  })
  const lookUpSelf: Handler = ({ tokenId, caller }) => calls.lookUp(tokenId!, caller!.token)
  return {
    type: 'token',
    kind: 'fixed',
    routes: [
      { pattern: 'lookup', read: lookUpById, update: lookUpById },
      { pattern: 'lookup-self', read: lookUpSelf, update: lookUpSelf },
      {
        pattern: 'renew-self',
        update: withFields({ token: 'text', increment: 'seconds' }, ({ increment = 0 }, { tokenId, caller }) =>
          calls.renew(tokenId!, caller!.token, increment),
        ),
      },
      {
        pattern: 'renew',
        update: withFields({ token: 'text', increment: 'seconds' }, ({ token: id, increment = 0 }) => {
          const token = byId(id)
          if (token === undefined) throw invalidRequest('token not found')
          return calls.renew(id!, token, increment)
        }),
      },
      { pattern: 'revoke-self', update: ({ caller }) => calls.revoke(caller!.token) },
      {
        pattern: 'revoke',
        update: withFields({ token: 'text' }, ({ token: id }) => {
          const token = byId(id)
          return token === undefined ? empty : calls.revoke(token)
        }),
      },
    ],
  }
}
