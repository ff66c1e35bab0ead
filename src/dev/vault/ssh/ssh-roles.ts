import type { VaultCore } from '../backend.ts'
import { type FieldKinds, type Fields, textOf } from '../fields.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../routes.ts'
import type { SshFeature } from './ssh-feature.ts'
import { sshMountOf } from './ssh-mount.ts'
import { checkCaRole, refuseRoleType, roleFields, type SshRole, toCaRole } from './ssh-role.ts'

/** What the plug-ins add to roles. */
export function sshFeatures({ additions }: Pick<VaultCore, 'additions'>): readonly SshFeature[] {
  return additions.flatMap(({ ssh }) => (ssh === undefined ? [] : [ssh]))
}

/** `roles`: what the CA signs for whom. A write replaces the whole role. */
export function createSshRoleRoutes(core: VaultCore): readonly Route[] {
  const rolesOf = (request: VaultRequest) => sshMountOf(core, request).roles
  return [
    {
      pattern: 'roles',
      list: withFields(pageFields, (page, request) => {
        const roles = rolesOf(request)
        return listReply(Object.keys(roles), page, (name) => {
          const { key_type, issuer_ref } = roles[name]!
          return key_type === 'ca' ? { issuer_ref, key_type } : { key_type }
        })
      }),
    },
    {
      pattern: 'roles/{role@}',
      read(request) {
        const role = rolesOf(request)[request.params.role!]
        return role === undefined ? empty : dataReply(role)
      },
      update(request) {
        const features = sshFeatures(core)
        const kinds: FieldKinds = Object.assign({ ...roleFields }, ...features.map(({ fields }) => fields))
        const write = withFields(kinds, (fields) => {
          rolesOf(request)[request.params.role!] = toRole(fields, features)
          core.changed()
          return empty
        })
        return write(request)
      },
      delete(request) {
        delete rolesOf(request)[request.params.role!]
        core.changed()
        return empty
      },
    },
  ]
}

function toRole(fields: Fields<FieldKinds>, features: readonly SshFeature[]): SshRole {
  const type = textOf(fields.key_type).toLowerCase()
  if (type !== 'ca') {
    const make = features.map(({ roleTypes }) => roleTypes?.[type]).find((candidate) => candidate !== undefined)
    if (make === undefined) throw refuseRoleType(type)
    return make(fields)
  }
  const written = toCaRole(fields, Object.assign({}, ...features.map(({ defaults }) => defaults)))
  const role = features.reduce((sum, feature) => feature.checkRole?.(sum) ?? sum, written)
  checkCaRole(role)
  return role
}
