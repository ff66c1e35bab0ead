/** The parts of the server that can be mounted. */
export type MountType = 'cubbyhole' | 'identity' | 'system' | 'ssh' | 'token' | 'userpass' | 'approle'

/** Where a part of the server answers. */
export interface MountEntry {
  /** With its trailing slash, and `auth/` before a login method: `ssh/`, `auth/userpass/`. */
  path: string
  type: MountType
  accessor: string
  uuid: string
  description: string
  /** Seconds; 0 is the system's default. */
  defaultLeaseSeconds: number
  maxLeaseSeconds: number
  /** `unauth`: shown to callers without a token. */
  listingVisibility: string
  options: Readonly<Record<string, string>> | null
  local: boolean
  sealWrap: boolean
}

/** What is known of a token but its id. */
export interface TokenEntry {
  accessor: string
  type: 'service' | 'batch'
  /** Key of the token that it dies with; null for an orphan. */
  parent: string | null
  /** The path that made it. */
  path: string
  policies: readonly string[]
  meta: Readonly<Record<string, string>> | null
  displayName: string
  /** Uses that are left; 0 is without limit. */
  usesLeft: number
  issuedAtMs: number
  /** Null: never, as a root token. */
  expiresAtMs: number | null
  lastRenewalMs: number | null
  /** As it was made. */
  creationTtlSeconds: number
  /** As it was renewed last. */
  leaseTtlSeconds: number
  explicitMaxTtlSeconds: number
  periodSeconds: number
  renewable: boolean
  entityId: string
  boundCidrs: readonly string[]
  /** The user or AppRole that logged in, for renewals. */
  login: { mountUuid: string; name: string } | null
}

/** What roles and users say of the tokens that they get. Seconds; 0 is not set. */
export interface TokenTerms {
  boundCidrs: readonly string[]
  explicitMaxTtlSeconds: number
  maxTtlSeconds: number
  noDefaultPolicy: boolean
  numUses: number
  periodSeconds: number
  policies: readonly string[]
  ttlSeconds: number
  type: 'default' | 'service' | 'batch'
}

/** An answer that waits for the holder of its token. */
export interface WrappedAnswer {
  creationPath: string
  createdAtMs: number
  ttlSeconds: number
  /** The answer that was wrapped, without its request id. */
  answer: Readonly<Record<string, unknown>>
}

/** A name by which a login method knows an entity. */
export interface EntityAlias {
  id: string
  name: string
  mountAccessor: string
  metadata: Readonly<Record<string, string>>
}

/** Someone who logs in, by whichever method. */
export interface Entity {
  id: string
  name: string
  metadata: Readonly<Record<string, string>>
  policies: readonly string[]
  disabled: boolean
  aliases: EntityAlias[]
  createdAtMs: number
}

/** A CA key. */
export interface SshIssuer {
  id: string
  name: string
  /** `type base64\n`. */
  publicKey: string
  /** PKCS #8, PEM. */
  privateKey: string
}

/** What the CA signs for those who may use the role. Seconds; 0 is not set. */
export interface SshCaRole {
  keyType: 'ca'
  allowedUsers: string
  allowedUsersTemplate: boolean
  allowedDomains: string
  allowedDomainsTemplate: boolean
  defaultUser: string
  defaultUserTemplate: boolean
  ttlSeconds: number
  maxTtlSeconds: number
  allowedCriticalOptions: string
  allowedExtensions: string
  allowUserCertificates: boolean
  allowHostCertificates: boolean
  allowBareDomains: boolean
  allowSubdomains: boolean
  allowUserKeyIds: boolean
  allowEmptyPrincipals: boolean
  allowCommasInIdentityTemplates: boolean
  keyIdFormat: string
  defaultCriticalOptions: Readonly<Record<string, string>>
  defaultExtensions: Readonly<Record<string, string>>
  defaultExtensionsTemplate: boolean
  allowedUserKeyLengths: Readonly<Record<string, readonly number[]>>
  algorithmSigner: 'default' | 'ssh-rsa' | 'rsa-sha2-256' | 'rsa-sha2-512'
  notBeforeSeconds: number
  issuerRef: string
}

/** A role for one-time passwords: it can be written and read, and it signs nothing. */
export interface SshOtpRole {
  keyType: 'otp'
  defaultUser: string
  cidrList: string
  excludeCidrList: string
  allowedUsers: string
  port: number
}

/** A role of the SSH engine. */
export type SshRole = SshCaRole | SshOtpRole

/** What one mount of the SSH engine keeps. */
export interface SshMount {
  issuers: Record<string, SshIssuer>
  defaultIssuer: string
  roles: Record<string, SshRole>
}

/** A user who logs in by password. */
export interface UserpassUser {
  passwordHash: string
  terms: TokenTerms
}

/** A role that logs in by secret id. Seconds; 0 is not set. */
export interface AppRole {
  name: string
  roleId: string
  bindSecretId: boolean
  secretIdBoundCidrs: readonly string[]
  secretIdNumUses: number
  secretIdTtlSeconds: number
  terms: TokenTerms
}

/** A secret id but for itself. */
export interface SecretId {
  accessor: string
  role: string
  usesLeft: number
  ttlSeconds: number
  createdAtMs: number
  updatedAtMs: number
  expiresAtMs: number | null
  metadata: Readonly<Record<string, string>>
  cidrs: readonly string[]
  tokenBoundCidrs: readonly string[]
}

/** What one mount of AppRole keeps. */
export interface AppRoleMount {
  roles: Record<string, AppRole>
  /** By the hash of the secret id. */
  secretIds: Record<string, SecretId>
}

/** How often a login has failed, and when last. */
export interface FailedLogins {
  count: number
  lastAtMs: number
}

/** All that a development Vault remembers, as it is saved. Written by the parts that own each table, and by no one else. */
export interface DevVaultState {
  version: 1
  clusterId: string
  clusterName: string
  rootToken: string
  unsealKey: string
  /** Key of the batch tokens, which are not kept but carry themselves; base64. */
  batchKey: string
  mounts: Record<string, MountEntry>
  policies: Record<string, string>
  tokens: Record<string, TokenEntry>
  wrapped: Record<string, WrappedAnswer>
  entities: Record<string, Entity>
  ssh: Record<string, SshMount>
  userpass: Record<string, Record<string, UserpassUser>>
  approle: Record<string, AppRoleMount>
  failedLogins: Record<string, FailedLogins>
}
