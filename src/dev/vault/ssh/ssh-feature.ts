import type { PublicKey } from '../../../ssh/public-key.ts'
import type { FieldKinds, Fields } from '../fields.ts'
import type { SshRole } from './ssh-role.ts'

/** A field of a role that names principals: each may be a template in a role that says so. */
export type PrincipalField = 'default_user' | 'allowed_users' | 'allowed_domains'

/** What a role of the SSH engine may say, and what follows from it, in addition to what is built in. */
export interface SshFeature {
  /** Fields of a role that it reads. */
  fields?: FieldKinds
  /** Those of them that a CA role has, with their default values. */
  defaults?: Readonly<Record<string, unknown>>
  /** A CA role as it is kept. @throws {DevVaultError} INVALID_REQUEST */
  checkRole?(role: SshRole): SshRole
  /** Types of role other than a CA's. @throws {DevVaultError} INVALID_REQUEST */
  roleTypes?: Readonly<Record<string, (fields: Fields<FieldKinds>) => SshRole>>
  /** Reads a public key as `sign` accepts it. @throws {Error} whose message says what is wrong with it */
  parseKey?(text: string): PublicKey
  /** @throws {Error} whose message says which kind of key the role requires */
  checkKey?(role: SshRole, key: PublicKey): void
  /** A field of the role, rendered for an entity. @throws {DevVaultError} where it cannot be rendered */
  principals?(role: SshRole, field: PrincipalField, entityId: string): string
  /** The role's own extensions, rendered for an entity. @throws {DevVaultError} INVALID_REQUEST */
  extensions?(
    role: SshRole,
    entityId: string,
  ): { extensions: Readonly<Record<string, string>>; warnings: readonly string[] }
}
