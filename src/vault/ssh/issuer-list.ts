import { createSingleFlight } from '../../core/calls/single-flight.ts'
import { CodedError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import type { Access } from '../inline-login.ts'
import type { TokenSource } from '../token/token-source.ts'
import { isServerAway, isTransient, isVerdict } from '../vault-error.ts'

/** Finds the ids of the issuers of a mount; undefined where that cannot be known now. Nobody is asked to log in for it. */
export type ListIssuers = (mount: string) => Promise<readonly string[] | undefined>

/** Lists issuers (OpenBao's `LIST MOUNT/issuers`). */
export interface IssuerList {
  list: ListIssuers
  /** A person has logged in, or settings have changed: what was refused may be allowed now. */
  retry(): void
}

/** Nobody has more CAs than this at one mount, and each is a request. */
const maxIssuers = 32
const maxIdLength = 256
/** After a refused login in a request the next comes as late, and twice as late after each further one, up to a day, in ms. */
const pauses = { firstMs: 600_000, longestMs: 86_400_000 }

/**
 * Lists with the token that is held anyway, or with a login in the request: unlike their keys, the list is not public. A token that
 * may not do so, as all of Vault's, which has one CA at a mount, is not tried again. Of logins in requests each is another, and
 * locks its user out if it is refused too often: pauses between them grow.
 */
export function createIssuerList(
  client: VaultClient,
  tokens: Pick<TokenSource, 'status' | 'withAccess'>,
  clock: Pick<Clock, 'uptime'>,
): IssuerList {
  const refused = new WeakMap<Secret<string>, Set<string>>()
  // By mounts; of the login itself, whatever the mount.
  const resting = new Map<string | undefined, { count: number; untilMs: number }>()
  const flight = createSingleFlight<readonly string[] | undefined>()

  const isResting = (mount: string | undefined) => clock.uptime() < (resting.get(mount)?.untilMs ?? 0)
  const rest = (mount: string | undefined): void => {
    const count = (resting.get(mount)?.count ?? 0) + 1
    const lengthMs = Math.min(pauses.longestMs, pauses.firstMs * 2 ** (count - 1))
    resting.set(mount, { count, untilMs: clock.uptime() + lengthMs })
  }

  const ask = async (mount: string, access: Access): Promise<readonly string[] | undefined> => {
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
      resting.delete(mount)
      return idsIn(data?.keys)
    } catch (error) {
      if (!isVerdict(error, 403, 404, 405) || error.isOfLogin) throw error
      if (token === undefined) rest(mount)
      // On another network it may be accepted again.
      else if (error.code !== 'VAULT_TOKEN_REJECTED') refused.set(token, new Set(refused.get(token)).add(mount))
      // It may be the token that is not valid any more, which is found out where it is needed.
      return undefined
    }
  }

  return {
    async list(mount) {
      const { state } = tokens.status()
      if (!['logged-in', 'inline'].includes(state)) return undefined
      if (state === 'inline' && (isResting(mount) || isResting(undefined))) return undefined
      try {
        // Of the sections for a mount each lists it.
        const ids = await flight.run(mount, () => tokens.withAccess((access) => ask(mount, access)))
        resting.delete(undefined)
        return ids
      } catch (error) {
        // The keys themselves need no login: reading them says what is wrong with the server, and the status what is with the login.
        if (!(error instanceof CodedError)) throw error
        if (state === 'inline' && !isTransient(error) && !isServerAway(error)) rest(undefined)
        return undefined
      }
    },
    retry: () => resting.clear(),
  }
}

function idsIn(keys: unknown): readonly string[] | undefined {
  if (!Array.isArray(keys)) return undefined
  const ids = keys.filter((id): id is string => isPrintable(id) && id.length <= maxIdLength)
  return ids.length === 0 ? undefined : ids.slice(0, maxIssuers)
}
