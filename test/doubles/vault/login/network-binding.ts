import type { Plugin, VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest, permissionDenied } from '../../../../src/dev/vault/errors.ts'
import { readFields, textOf } from '../../../../src/dev/vault/fields.ts'
import { createAppRoles, type SecretId } from '../../../../src/dev/vault/login/approle-mount.ts'
import type { LoginGrant } from '../../../../src/dev/vault/login/logins.ts'
import { findSecretId } from '../../../../src/dev/vault/login/secret-ids.ts'
import { usersByMount } from '../../../../src/dev/vault/login/userpass.ts'
import type { Handler, VaultRequest } from '../../../../src/dev/vault/routes.ts'
import { checkCidrs, isInNetworks } from './networks.ts'

const networkFields = {
  token_bound_cidrs: 'list',
  secret_id_bound_cidrs: 'list',
  bind_secret_id: 'boolean',
} as const

/** A secret id that is valid from some networks only, as its token may be. */
export interface BoundSecretId extends SecretId {
  cidrs: readonly string[]
  tokenBoundCidrs: readonly string[]
}

/** The networks of a secret id. */
export function networksOfSecretId(entry: SecretId): Pick<BoundSecretId, 'cidrs' | 'tokenBoundCidrs'> {
  return { cidrs: [], tokenBoundCidrs: [], ...entry }
}

/** Users, roles, secret ids and tokens that are bound to networks. */
export const networkBinding: Plugin = (core) => {
  /** Looked up before a login uses the secret id up. */
  const shown = new WeakMap<VaultRequest, SecretId>()
  return {
    admit({ token }, remoteAddress) {
      const { boundCidrs } = token.entry
      if (boundCidrs.length > 0 && !isInNetworks(remoteAddress, boundCidrs)) throw permissionDenied()
    },
    networksOf: (login) =>
      login.request.mount.type === 'approle'
        ? networksOfAppRole(core, login, shown.get(login.request))
        : networksOfUser(login),
    decorate(type, route) {
      switch (`${type} ${route.pattern}`) {
        case 'userpass users/{username}':
          return { ...route, update: writingUser(core, route.update!) }
        case 'approle role/{role_name}':
          return { ...route, update: writingRole(core, route.update!) }
        case 'approle login':
          return { ...route, update: noting(core, shown, route.update!) }
      }
      return route
    },
  }
}

function networksOfUser({ request, terms }: LoginGrant): readonly string[] {
  const networks = terms.token_bound_cidrs
  if (networks.length > 0 && !isInNetworks(request.remoteAddress, networks)) throw permissionDenied()
  return networks
}

function networksOfAppRole(
  core: VaultCore,
  { request, name, terms }: LoginGrant,
  secretId: SecretId | undefined,
): readonly string[] {
  const { secret_id_bound_cidrs: ofRole } = createAppRoles(core).mountOf(request).roles[name]!.settings
  const { cidrs, tokenBoundCidrs } = secretId === undefined ? noNetworks : networksOfSecretId(secretId)
  for (const [owner, networks] of [
    ['secret ID', cidrs],
    ['role', ofRole],
  ] as const) {
    if (networks.length > 0 && !isInNetworks(request.remoteAddress, networks)) {
      // The real server formats an error that does not exist, and prints the result.
      throw invalidRequest(
        `source address "${request.remoteAddress}" unauthorized by CIDR restrictions on the ${owner}: %!w(<nil>)`,
      )
    }
  }
  return tokenBoundCidrs.length > 0 ? tokenBoundCidrs : terms.token_bound_cidrs
}

const noNetworks = { cidrs: [], tokenBoundCidrs: [] }

/** The networks of a request, and the request without them: the handler that it goes on to would refuse them. */
function separated(request: VaultRequest) {
  const { token_bound_cidrs: _ofToken, secret_id_bound_cidrs: _ofSecretId, ...data } = request.data
  const fields = readFields(networkFields, request.data)
  checkCidrs([...(fields.token_bound_cidrs ?? []), ...(fields.secret_id_bound_cidrs ?? [])])
  return { fields, data }
}

function writingUser(core: VaultCore, write: Handler): Handler {
  return async (request) => {
    const { fields, data } = separated(request)
    const reply = await write({ ...request, data })
    const user = usersByMount(core)[request.mount.uuid]![request.params.username!.toLowerCase()]!
    user.terms = { ...user.terms, token_bound_cidrs: fields.token_bound_cidrs ?? user.terms.token_bound_cidrs }
    return reply
  }
}

/** A role that is bound to networks need not be bound to a secret id. */
function writingRole(core: VaultCore, write: Handler): Handler {
  const roles = createAppRoles(core)
  return async (request) => {
    const { fields, data } = separated(request)
    const old = roles.find(request)?.settings
    const { bind_secret_id: isBound = old?.bind_secret_id ?? true } = fields
    const { secret_id_bound_cidrs: networks = old?.secret_id_bound_cidrs ?? [] } = fields
    const reply = await write({ ...request, data: { ...data, bind_secret_id: isBound || networks.length > 0 } })
    const role = roles.of(request)
    role.settings = {
      ...role.settings,
      bind_secret_id: isBound,
      secret_id_bound_cidrs: networks,
      token_bound_cidrs: fields.token_bound_cidrs ?? role.settings.token_bound_cidrs,
    }
    return reply
  }
}

function noting(core: VaultCore, shown: WeakMap<VaultRequest, SecretId>, login: Handler): Handler {
  const roles = createAppRoles(core)
  return (request) => {
    const mount = roles.mountOf(request)
    const roleId = textOf(request.data.role_id).trim()
    const role = Object.values(mount.roles).find((candidate) => candidate.roleId === roleId)
    const entry = role && findSecretId(mount, role, textOf(request.data.secret_id).trim(), core.now())
    if (entry !== undefined) shown.set(request, entry)
    return login(request)
  }
}
