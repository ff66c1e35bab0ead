/** Where a part of the server answers. */
export interface MountEntry {
  /** With its trailing slash, and `auth/` before a login method: `ssh/`, `auth/userpass/`. */
  path: string
  type: string
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

/** What is known about a token, except its id. */
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
  /** Uses that are left; 0 means no limit. */
  usesLeft: number
  issuedAtMs: number
  /** Null: never, as with a root token. */
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

/** All that a development Vault remembers, as it is saved. Written by the parts that own each table, and by no one else. */
export interface DevVaultState {
  version: 2
  clusterId: string
  clusterName: string
  rootToken: string
  mounts: Record<string, MountEntry>
  policies: Record<string, string>
  tokens: Record<string, TokenEntry>
  /** What each backend and plug-in keeps, by its name. */
  parts: Record<string, object>
}

/** The state, for those who keep something in it. */
export interface StateAccess {
  readonly state: DevVaultState
  /** To be called after writing to the state. */
  changed(): void
  /** What a backend or plug-in keeps, begun when it is first asked for. */
  part<T extends object>(name: string, begin: () => T): T
}
