import { createHash } from 'node:crypto'

/** Who logs in: the entities of Vault. */
export interface Identities {
  /** The id of the entity that logs in: the same whenever the name at the mount is the same. */
  ofLogin(mountAccessor: string, name: string, metadata: Readonly<Record<string, string>>): string
  /** The policies that an entity has in addition to those of the token. */
  policiesOf(entityId: string): readonly string[]
}

/** One entity for each name at each mount. Nothing more is known about it, and `identity/` is not answered. */
export function createNamelessIdentities(): Identities {
  return {
    ofLogin(mountAccessor, name) {
      const digest = createHash('sha256').update(`${mountAccessor}/${name}`).digest('hex')
      return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
    },
    policiesOf: () => [],
  }
}
