import { invalidRequest } from '../errors.ts'
import type { VaultRequest } from '../routes.ts'
import type { StateAccess } from '../state.ts'
import { entryOf, table } from '../tables.ts'
import type { SshRole } from './ssh-role.ts'

/** A CA key. */
export interface SshIssuer {
  id: string
  name: string
  /** `type base64\n`. */
  publicKey: string
  /** PKCS #8, PEM. */
  privateKey: string
}

/** What one mount of the SSH engine keeps. */
export interface SshMount {
  issuers: Record<string, SshIssuer>
  defaultIssuer: string
  roles: Record<string, SshRole>
}

/** What the mounts of the SSH engine keep, by their uuid. */
export function sshMounts({ part }: Pick<StateAccess, 'part'>): Record<string, SshMount> {
  return part('ssh', () => table<SshMount>())
}

/** What is kept for the mount that a call goes to; made when it is first asked for. */
export function sshMountOf(access: Pick<StateAccess, 'part'>, { mount }: VaultRequest): SshMount {
  return entryOf(sshMounts(access), mount.uuid, () => ({ issuers: table(), defaultIssuer: '', roles: table() }))
}

/**
 * The issuer that a name, an id or `default` refers to.
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
