import { invalidRequest } from '../errors.ts'
import type { DevVaultState, MountEntry, SshIssuer, SshMount } from '../state.ts'
import { entryOf, table } from '../tables.ts'

/** What is kept for a mount of the SSH engine; made at the first look. */
export function sshMountOf(state: Pick<DevVaultState, 'ssh'>, mount: MountEntry): SshMount {
  return entryOf(state.ssh, mount.uuid, () => ({ issuers: table(), defaultIssuer: '', roles: table() }))
}

/**
 * The issuer of a name, an id, or `default`.
 * @throws {DevVaultError} INVALID_REQUEST when there is none
 */
export function resolveIssuer(mount: SshMount, reference: string): SshIssuer {
  const trimmed = reference.trim()
  const isDefault = trimmed.toLowerCase() === 'default'
  const issuer = isDefault
    ? mount.issuers[mount.defaultIssuer]
    : (mount.issuers[trimmed] ?? Object.values(mount.issuers).find(({ name }) => name !== '' && name === trimmed))
  if (issuer !== undefined) return issuer
  throw invalidRequest(
    isDefault ? 'no default issuer currently configured' : `unable to find issuer for reference: ${trimmed}`,
  )
}
