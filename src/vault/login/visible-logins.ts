import * as v from 'valibot'
import { foreignText, isPrintable } from '../../core/text/display-text.ts'
import type { VaultClient } from '../client.ts'
import { VaultError } from '../vault-error.ts'
import { type LoginOffer, offerOf } from './login-methods.ts'

/** A login that a server shows to everybody (`listing_visibility = "unauth"` of its mount). */
export interface VisibleLogin extends LoginOffer {
  /** The auth mount, without `auth/`. */
  mount: string
  /** What its operators say about it; may be empty. */
  description: string
}

/** What a server shows of its logins. */
export interface VisibleLogins {
  /** Those that a person can make without further settings. */
  logins: readonly VisibleLogin[]
  /** The others: `approle at ci`. */
  others: readonly string[]
}

/** Nobody chooses from more. */
const maxLogins = 50

const mountSchema = v.object({ type: v.string(), description: v.nullish(v.string(), '') })
const listSchema = v.object({ auth: v.nullish(v.record(v.string(), mountSchema), {}) })

/**
 * Asks a server, without a token, which logins it shows (`sys/internal/ui/mounts`): those of its namespace, in the order of
 * their mounts.
 * @throws {VaultError} it does not say, or is away; with what to write into config.toml
 */
export async function readVisibleLogins(client: VaultClient): Promise<VisibleLogins> {
  const mounts = await readMounts(client)
  const logins: VisibleLogin[] = []
  const others: string[] = []
  for (const [path, { type, description }] of mounts) {
    const mount = path.replace(/\/+$/, '')
    const offer = offerOf(type)
    if (offer !== undefined) logins.push({ ...offer, mount, description: foreignText(description, []) })
    else if (type !== 'token') others.push(`${type} at ${mount}`)
  }
  return { logins: logins.slice(0, maxLogins), others: others.slice(0, maxLogins) }
}

async function readMounts(client: VaultClient): Promise<[string, v.InferOutput<typeof mountSchema>][]> {
  const { name } = client
  const purpose = { type: 'public', mount: 'sys', isAsked: true } as const
  try {
    const { data } = await client.request({ method: 'GET', path: 'sys/internal/ui/mounts', purpose })
    const list = v.parse(listSchema, data)
    return Object.entries(list.auth)
      .filter(([path, { type }]) => isPrintable(path) && isPrintable(type))
      .sort(([one], [other]) => (one < other ? -1 : 1))
  } catch (cause) {
    const configured = `write into [vault.${name}] of config.toml how you log in, such as: auth = { method = "oidc" }`
    if (cause instanceof VaultError) {
      const hint = cause.hint === undefined ? configured : `${cause.hint}; or ${configured}`
      throw new VaultError(cause.code, cause.message, { cause, hint, status: cause.status })
    }
    if (!(cause instanceof v.ValiError)) throw cause
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${name}: what it says of its logins cannot be read`, {
      hint: configured,
    })
  }
}
