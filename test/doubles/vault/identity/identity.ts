import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { newUuid, randomBase62 } from '../../../../src/dev/vault/identifiers.ts'
import type { StateAccess } from '../../../../src/dev/vault/state.ts'
import { table } from '../../../../src/dev/vault/tables.ts'

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

/** What an entity may be given; what is absent stays as it was. */
export interface EntityWishes {
  name?: string | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  policies?: readonly string[] | undefined
  disabled?: boolean | undefined
}

/** The entities and the ways to find them. */
export interface IdentityStore {
  find(id: string): Entity | undefined
  findByName(name: string): Entity | undefined
  findByAlias(mountAccessor: string, name: string): Entity | undefined
  all(): readonly Entity[]
  create(wishes: EntityWishes): Entity
  update(entity: Entity, wishes: EntityWishes): void
  remove(id: string): void
  /** The entity that a login belongs to; made at the first one. */
  ofLogin(mountAccessor: string, name: string, metadata: Readonly<Record<string, string>>): Entity
  addAlias(entity: Entity, alias: Omit<EntityAlias, 'id'>): EntityAlias
  findAlias(id: string): { entity: Entity; alias: EntityAlias } | undefined
  removeAlias(id: string): void
  /** Removes the aliases of a mount that is gone. */
  removeAliasesOf(mountAccessor: string): void
}

/** Who is who: entities, and the names by which each login method knows them. */
export function createIdentityStore(
  { part, changed }: Pick<StateAccess, 'part' | 'changed'>,
  now: () => number,
): IdentityStore {
  const entities = part('entities', () => table<Entity>())
  const all = () => Object.values(entities)
  const findByName = (name: string) => all().find((entity) => entity.name === name)
  const findByAlias = (mountAccessor: string, name: string) =>
    all().find(({ aliases }) => aliases.some((alias) => alias.mountAccessor === mountAccessor && alias.name === name))
  const findAlias = (id: string) => {
    for (const entity of all()) {
      const alias = entity.aliases.find((candidate) => candidate.id === id)
      if (alias !== undefined) return { entity, alias }
    }
    return undefined
  }
  const store: IdentityStore = {
    find: (id) => entities[id],
    findByName,
    findByAlias,
    all,
    create({ name = `entity_${randomBase62(8)}`, metadata = {}, policies = [], disabled = false }) {
      const entity = { id: newUuid(), name, metadata, policies, disabled, aliases: [], createdAtMs: now() }
      entities[entity.id] = entity
      changed()
      return entity
    },
    update(entity, wishes) {
      const namesake = wishes.name === undefined ? undefined : findByName(wishes.name)
      if (namesake !== undefined && namesake !== entity) {
        throw invalidRequest('entity ID does not match the entity name; entity name is already in use')
      }
      entity.name = wishes.name ?? entity.name
      entity.metadata = wishes.metadata ?? entity.metadata
      entity.policies = wishes.policies ?? entity.policies
      entity.disabled = wishes.disabled ?? entity.disabled
      changed()
    },
    remove(id) {
      delete entities[id]
      changed()
    },
    ofLogin(mountAccessor, name, metadata) {
      const known = findByAlias(mountAccessor, name)
      if (known !== undefined) return known
      const entity = store.create({})
      store.addAlias(entity, { mountAccessor, name, metadata })
      return entity
    },
    addAlias(entity, wishes) {
      const alias = { id: newUuid(), ...wishes }
      entity.aliases.push(alias)
      changed()
      return alias
    },
    findAlias,
    removeAlias(id) {
      const found = findAlias(id)
      if (found === undefined) return
      found.entity.aliases = found.entity.aliases.filter((alias) => alias.id !== id)
      changed()
    },
    removeAliasesOf(mountAccessor) {
      for (const entity of all()) {
        entity.aliases = entity.aliases.filter((alias) => alias.mountAccessor !== mountAccessor)
      }
      changed()
    },
  }
  return store
}
