import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { dataReply, empty, listReply, type Reply } from '../../../../src/dev/vault/reply.ts'
import {
  type Handler,
  pageFields,
  type Route,
  type VaultRequest,
  withFields,
} from '../../../../src/dev/vault/routes.ts'
import type { MountTable } from '../../../../src/dev/vault/system/mounts.ts'
import { isoTime } from '../../../../src/dev/vault/token/token-answer.ts'
import { sanitizePolicies } from '../../../../src/dev/vault/token/token-terms.ts'
import type { Entity, EntityAlias, IdentityStore } from './identity.ts'

const entityFields = { id: 'text', name: 'text', metadata: 'textMap', policies: 'list', disabled: 'boolean' } as const
const aliasFields = { name: 'text', canonical_id: 'text', mount_accessor: 'text', custom_metadata: 'textMap' } as const

/** Entities and their aliases. Groups are not built. */
export function createIdentityRoutes(deps: { identity: IdentityStore; mounts: MountTable }): readonly Route[] {
  const { identity, mounts } = deps
  const read = (entity: Entity | undefined) =>
    entity === undefined ? empty : dataReply(describeEntity(entity, mounts))
  const byName = ({ params }: VaultRequest) => identity.findByName(params.name!)
  const byId = ({ params }: VaultRequest) => identity.find(params.id!)

  const write = (find: (request: VaultRequest) => Entity | undefined): Handler =>
    withFields(entityFields, ({ policies, ...fields }, request): Reply => {
      const name = request.params.name ?? fields.name
      const wishes = {
        name,
        metadata: fields.metadata,
        policies: policies === undefined ? undefined : sanitizePolicies(policies, false),
        disabled: fields.disabled,
      }
      const id = request.params.id ?? fields.id
      const known = id === undefined ? find(request) : identity.find(id)
      if (id !== undefined && known === undefined) throw invalidRequest('entity not found from id')
      const namesake = name === undefined ? undefined : identity.findByName(name)
      const entity = known ?? namesake
      if (entity === undefined) return describeNew(identity.create(wishes))
      identity.update(entity, wishes)
      return empty
    })
  const remove =
    (find: (request: VaultRequest) => Entity | undefined): Handler =>
    (request) => {
      const entity = find(request)
      if (entity !== undefined) identity.remove(entity.id)
      return empty
    }

  return [
    { pattern: 'entity', update: write(() => undefined) },
    {
      pattern: 'entity/name',
      list: withFields(pageFields, (page) =>
        listReply(
          identity.all().map(({ name }) => name),
          page,
        ),
      ),
    },
    {
      pattern: 'entity/name/{name*}',
      read: (request) => read(byName(request)),
      update: write(byName),
      delete: remove(byName),
    },
    {
      pattern: 'entity/id',
      list: withFields(pageFields, (page) =>
        listReply(
          identity.all().map(({ id }) => id),
          page,
        ),
      ),
    },
    { pattern: 'entity/id/{id}', read: (request) => read(byId(request)), update: write(byId), delete: remove(byId) },
    {
      pattern: 'entity-alias',
      update: withFields(aliasFields, (fields) => {
        const { name = '', mount_accessor: mountAccessor = '', canonical_id: entityId = '' } = fields
        if (name === '') throw invalidRequest('missing alias name')
        if (mountAccessor === '') throw invalidRequest('missing mount_accessor')
        if (!mounts.all().some(({ accessor }) => accessor === mountAccessor)) {
          throw invalidRequest(`invalid mount accessor "${mountAccessor}"`)
        }
        const owner = identity.findByAlias(mountAccessor, name)
        const entity = entityId === '' ? (owner ?? identity.create({})) : identity.find(entityId)
        if (entity === undefined) throw invalidRequest('invalid canonical ID')
        if (owner !== undefined && owner !== entity) throw invalidRequest('alias already belongs to another entity')
        if (owner !== undefined) return empty
        const alias = identity.addAlias(entity, { name, mountAccessor, metadata: fields.custom_metadata ?? {} })
        return dataReply({ canonical_id: entity.id, id: alias.id })
      }),
    },
    {
      pattern: 'entity-alias/id/{id}',
      read({ params }) {
        const found = identity.findAlias(params.id!)
        return found === undefined ? empty : dataReply(describeAlias(found.alias, found.entity, mounts))
      },
      delete({ params }) {
        identity.removeAlias(params.id!)
        return empty
      },
    },
  ]
}

function describeNew(entity: Entity): Reply {
  return dataReply({ aliases: null, id: entity.id, name: entity.name })
}

function describeEntity(entity: Entity, mounts: MountTable): Readonly<Record<string, unknown>> {
  return {
    aliases: entity.aliases.map((alias) => describeAlias(alias, entity, mounts)),
    creation_time: isoTime(entity.createdAtMs),
    direct_group_ids: [],
    disabled: entity.disabled,
    group_ids: [],
    id: entity.id,
    inherited_group_ids: [],
    last_update_time: isoTime(entity.createdAtMs),
    merged_entity_ids: null,
    metadata: entity.metadata,
    name: entity.name,
    namespace_id: 'root',
    policies: entity.policies,
  }
}

function describeAlias(alias: EntityAlias, entity: Entity, mounts: MountTable): Readonly<Record<string, unknown>> {
  const mount = mounts.all().find(({ accessor }) => accessor === alias.mountAccessor)
  return {
    canonical_id: entity.id,
    custom_metadata: alias.metadata,
    id: alias.id,
    metadata: alias.metadata,
    mount_accessor: alias.mountAccessor,
    mount_path: mount?.path ?? '',
    mount_type: mount?.type ?? '',
    name: alias.name,
  }
}
