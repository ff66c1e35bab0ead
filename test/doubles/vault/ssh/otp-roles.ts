import { isIP } from 'node:net'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { type FieldKinds, type Fields, textOf } from '../../../../src/dev/vault/fields.ts'
import { type Handler, withFields } from '../../../../src/dev/vault/routes.ts'
import { sshMountOf } from '../../../../src/dev/vault/ssh/ssh-mount.ts'
import type { SshRole } from '../../../../src/dev/vault/ssh/ssh-role.ts'
import { isInNetworks } from '../login/networks.ts'

/** Roles for one-time passwords: they can be written and read, and they sign nothing. */
export const otpRoles: Plugin = (core) => ({
  ssh: {
    fields: { cidr_list: 'text', exclude_cidr_list: 'text', port: 'integer' },
    roleTypes: { otp: toOtpRole },
  },
  decorate: (type, route) =>
    type === 'ssh' && route.pattern === 'roles/{role@}' ? { ...route, update: checkingNetworks(route.update!) } : route,
  routes: {
    ssh: [
      {
        pattern: 'creds/{role@}',
        update: withFields({ username: 'text', ip: 'text' }, (fields, request) => {
          const name = request.params.role!
          throw refuseCredentials(sshMountOf(core, request).roles[name], name, fields)
        }),
      },
    ],
  },
})

/** Also for a CA's role, which has no use for networks. */
function checkingNetworks(write: Handler): Handler {
  return (request) => {
    const lists = [request.data.cidr_list, request.data.exclude_cidr_list]
    const wrong = lists
      .flatMap((list) => textOf(list).split(','))
      .find((entry) => entry !== '' && isIP(entry.trim().split('/')[0]!) === 0)
    if (wrong === undefined) return write(request)
    throw new DevVaultError('INTERNAL', `failed to validate cidr_list: invalid CIDR address: ${wrong}`)
  }
}

function toOtpRole(fields: Fields<FieldKinds>): SshRole {
  if ((fields.default_user ?? '') === '') throw invalidRequest('missing default user')
  const role = {
    key_type: 'otp',
    default_user: fields.default_user,
    cidr_list: fields.cidr_list ?? '',
    exclude_cidr_list: fields.exclude_cidr_list ?? '',
    allowed_users: fields.allowed_users ?? '',
    port: fields.port || 22,
  }
  // The fields of a CA's role that it lacks allow nothing.
  return role as unknown as SshRole
}

/** One-time passwords are not built; everything that a role refuses before it comes to one is answered as Vault does. */
function refuseCredentials(
  role: SshRole | undefined,
  name: string,
  { username, ip = '' }: { username?: string; ip?: string },
): Error {
  if (ip === '') return invalidRequest('Missing ip')
  if (role === undefined) return invalidRequest(`Role ${JSON.stringify(name)} not found`)
  const user = username || role.default_user
  if (user === '') return invalidRequest("No default username registered. Use 'username' option")
  const allowed = role.allowed_users.split(',').map((part) => part.trim())
  if (user !== role.default_user && !allowed.includes('*') && !allowed.includes(user)) {
    return invalidRequest(
      role.allowed_users === ''
        ? 'Username has to be either in allowed users list or has to be a default username'
        : 'Username is not present is allowed users list',
    )
  }
  const networks = textOf(role.cidr_list).split(',')
  const excluded = textOf(role.exclude_cidr_list).split(',')
  if (!isInNetworks(ip, networks) || isInNetworks(ip, excluded)) {
    return invalidRequest('Error validating IP: IP does not belong to role')
  }
  return new DevVaultError('UNSUPPORTED_PATH', 'one-time passwords are not built into the development server')
}
