import { DevVaultError, invalidRequest } from '../errors.ts'
import type { AppRole, AppRoleMount, SecretId } from './approle-mount.ts'
import { isInNetworks } from './networks.ts'
import { findSecretId, spendSecretId } from './secret-ids.ts'

/** What a caller shows to log in. */
export interface AppRoleLogin {
  roleId: string
  secretId: string | undefined
  remoteAddress: string
}

/**
 * Checks a login and uses its secret id up by one.
 * @throws {DevVaultError} INVALID_CREDENTIALS for a wrong secret id, else INVALID_REQUEST
 */
export function checkAppRoleLogin(
  mount: AppRoleMount,
  login: AppRoleLogin,
  nowMs: number,
): { role: AppRole; secretId: SecretId | undefined } {
  const role = Object.values(mount.roles).find(({ roleId }) => roleId === login.roleId)
  if (role === undefined) throw invalidRequest('invalid role or secret ID')
  const secretId = role.settings.bind_secret_id ? takeSecretId(mount, role, login, nowMs) : undefined
  const { remoteAddress } = login
  if (
    role.settings.secret_id_bound_cidrs.length > 0 &&
    !isInNetworks(remoteAddress, role.settings.secret_id_bound_cidrs)
  ) {
    throw invalidRequest(unauthorizedSource(remoteAddress, 'role'))
  }
  return { role, secretId }
}

function takeSecretId(mount: AppRoleMount, role: AppRole, login: AppRoleLogin, nowMs: number): SecretId {
  const given = login.secretId?.trim() ?? ''
  if (given === '') throw invalidRequest('missing secret_id')
  const entry = findSecretId(mount, role, given, nowMs)
  if (entry === undefined) throw new DevVaultError('INVALID_CREDENTIALS', 'invalid role or secret ID')
  spendSecretId(mount, entry, nowMs)
  if (entry.cidrs.length > 0 && !isInNetworks(login.remoteAddress, entry.cidrs)) {
    throw invalidRequest(unauthorizedSource(login.remoteAddress, 'secret ID'))
  }
  return entry
}

/** The server formats an error that is not there, and prints how that went. */
function unauthorizedSource(address: string, owner: string): string {
  return `source address "${address}" unauthorized by CIDR restrictions on the ${owner}: %!w(<nil>)`
}
