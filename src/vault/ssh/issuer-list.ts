import { CodedError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import type { Access } from '../inline-login.ts'
import type { TokenSource } from '../token/token-source.ts'
import { VaultError } from '../vault-error.ts'

/** Finds the ids of the issuers of a mount; undefined where that cannot be known now. Nobody is asked to log in for it. */
export type ListIssuers = (mount: string) => Promise<readonly string[] | undefined>

/** Nobody has more CAs than this at one mount, and each is a request. */
const maxIssuers = 32
const maxIdLength = 256

/**
 * Lists issuers (OpenBao's `LIST MOUNT/issuers`) with the token that is held anyway, or with a login in the request: unlike their
 * keys, the list is not public. A token that may not do so, as all of Vault's, which has one CA at a mount, is not tried again;
 * of logins in requests, each is another.
 */
export function createIssuerList(client: VaultClient, tokens: Pick<TokenSource, 'status' | 'withAccess'>): ListIssuers {
  const refused = new WeakMap<Secret<string>, Set<string>>()

  const list = async (mount: string, access: Access): Promise<readonly string[] | undefined> => {
    const token = 'token' in access ? access.token : undefined
    if (token !== undefined && refused.get(token)?.has(mount)) return undefined
    try {
      const { data } = await client.request({
        method: 'GET',
        path: vaultPath(mount, 'issuers'),
        query: { list: 'true' },
        purpose: { type: 'public', mount },
        ...access,
        isBackground: true,
      })
      return idsIn(data?.keys)
    } catch (error) {
      if (!(error instanceof VaultError) || error.isOfLogin || ![403, 404, 405].includes(error.status ?? 0)) throw error
      if (token !== undefined) refused.set(token, new Set(refused.get(token)).add(mount))
      // It may be the token that is not valid any more, which is found out where it is needed.
      return undefined
    }
  }

  return async (mount) => {
    if (!['logged-in', 'inline'].includes(tokens.status().state)) return undefined
    try {
      return await tokens.withAccess((access) => list(mount, access))
    } catch (error) {
      // The keys themselves need no login: reading them says what is wrong with the server, and the status what is with the login.
      if (error instanceof CodedError) return undefined
      throw error
    }
  }
}

function idsIn(keys: unknown): readonly string[] | undefined {
  if (!Array.isArray(keys)) return undefined
  const ids = keys.filter((id): id is string => isPrintable(id) && id.length <= maxIdLength)
  return ids.length === 0 ? undefined : ids.slice(0, maxIssuers)
}
