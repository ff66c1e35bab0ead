import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest, permissionDenied } from '../../../../src/dev/vault/errors.ts'
import { textOf } from '../../../../src/dev/vault/fields.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import {
  type AuthAnswer,
  dataReply,
  empty,
  emptyEnvelope,
  listReply,
  type Reply,
} from '../../../../src/dev/vault/reply.ts'
import { pageFields, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'
import { createMfaMethods, type MfaMethodEntry } from './mfa-methods.ts'

/** Which methods are wanted of whom; one of them suffices. */
interface Enforcement {
  id: string
  methodIds: readonly string[]
  entityIds: readonly string[]
  accessors: readonly string[]
}

/** A login that waits for its second factor. */
interface PendingLogin {
  reply: Reply
  entityId: string
  accessor: string
  endsMs: number
}

const pendingMs = 300_000
const mfaWarning =
  'A login request was issued that is subject to MFA validation. Please make sure to validate the login by sending another request to mfa/validate endpoint.'

/** Login MFA in one phase and in two (vault/login_mfa.go), with codes that are really checked. */
export const loginMfa: Plugin = (core) => {
  const enforcements = core.part('mfa-enforcements', () => table<Enforcement>())
  const pending = new Map<string, PendingLogin>()
  const methods = createMfaMethods(core, (id) => {
    const [by] = Object.values(enforcements).filter(({ methodIds }) => methodIds.includes(id))
    if (by === undefined) return
    throw new DevVaultError('INTERNAL', `methodID is still used by an enforcement configuration with ID: ${by.id}`)
  })

  const wantedOf = (entityId: string, accessor: string) =>
    Object.entries(enforcements).flatMap(([name, { entityIds, accessors }]) =>
      entityIds.includes(entityId) || accessors.includes(accessor) ? [name] : [],
    )
  const methodsOf = (name: string): readonly MfaMethodEntry[] =>
    enforcements[name]!.methodIds.flatMap((id) => methods.find(id) ?? [])

  /** @throws {DevVaultError} in the words of `sys/mfa/validate` */
  const satisfy = async (name: string, entityId: string, payload: Readonly<Record<string, unknown>>) => {
    const failed = (reason: string) =>
      new DevVaultError('PERMISSION_DENIED', `failed to satisfy enforcement ${name}. error: ${reason}`)
    const wanted = methodsOf(name)
    const given = wanted.find((method) => keyOf(method, payload) !== undefined)
    if (given === undefined) {
      const missing = wanted.map(
        ({ id, name: called }) =>
          `failed to find MFA credentials associated with an MFA method ID ${id}, method name ${called}`,
      )
      throw failed(`failed to sanitize MFA creds, ${errorsOccurred(missing)}`)
    }
    const reason = await methods.refusalOf(given, entityId, textOf([payload[keyOf(given, payload)!]].flat()[0]))
    if (reason === undefined) return
    const ids = wanted.map(({ id }) => id).join(' ')
    throw failed(errorsOccurred([reason, `login MFA validation failed for methodID: [${ids}]`]))
  }

  const demand = (names: readonly string[], login: Omit<PendingLogin, 'endsMs'>): Reply => {
    const id = newUuid()
    pending.set(id, { ...login, endsMs: core.now() + pendingMs })
    const constraints = names.map((name) => [
      name,
      {
        any: methodsOf(name).map((method) => ({
          type: method.type,
          id: method.id,
          uses_passcode: method.usesPasscode,
          ...(method.name === '' ? {} : { name: method.name }),
        })),
      },
    ])
    const auth = {
      ...noAuth,
      mfa_requirement: { mfa_request_id: id, mfa_constraints: Object.fromEntries(constraints) },
    }
    return { type: 'envelope', envelope: { ...emptyEnvelope, request_id: newUuid(), warnings: [mfaWarning], auth } }
  }

  /** A wrong code in one phase is refused as anything else is. */
  const inOnePhase = async (header: string, names: readonly string[], entityId: string): Promise<void> => {
    const [id = '', passcode = ''] = header.split(':')
    try {
      for (const name of names) await satisfy(name, entityId, { [id]: [passcode] })
    } catch {
      throw permissionDenied()
    }
  }

  return {
    headers: ['x-vault-mfa'],
    decorate(_type, route) {
      if (route.isUnauthenticated !== true || !/^login(\/|$)/.test(route.pattern) || route.update === undefined)
        return route
      const { update } = route
      return {
        ...route,
        async update(request: VaultRequest) {
          const reply = await update(request)
          const auth = authOf(reply)
          const names = auth === undefined ? [] : wantedOf(auth.entity_id, request.mount.accessor)
          if (auth === undefined || names.length === 0) return reply
          const header = request.header('x-vault-mfa')
          if (header === undefined)
            return demand(names, { reply, entityId: auth.entity_id, accessor: request.mount.accessor })
          await inOnePhase(header, names, auth.entity_id)
          return reply
        },
      }
    },
    routes: {
      identity: [
        ...methods.routes,
        {
          pattern: 'mfa/login-enforcement/{name}',
          update: withFields(
            { mfa_method_ids: 'list', identity_entity_ids: 'list', auth_method_accessors: 'list' },
            (fields, request) => {
              const { mfa_method_ids: methodIds = [], identity_entity_ids: entityIds = [] } = fields
              const accessors = fields.auth_method_accessors ?? []
              if (methodIds.some((id) => methods.find(id) === undefined)) {
                throw invalidRequest("one of the provided method ids doesn't exist")
              }
              if (entityIds.length + accessors.length === 0) {
                throw invalidRequest(
                  'One of auth_method_accessors, auth_method_types, identity_group_ids, identity_entity_ids must be specified',
                )
              }
              enforcements[request.params.name!] = { id: newUuid(), methodIds, entityIds, accessors }
              core.changed()
              return empty
            },
          ),
          delete({ params }) {
            delete enforcements[params.name!]
            core.changed()
            return empty
          },
        },
        {
          pattern: 'mfa/login-enforcement',
          list: withFields(pageFields, (page) =>
            listReply(Object.keys(enforcements), page, (name) => ({ name, id: enforcements[name]!.id })),
          ),
        },
      ],
      system: [
        {
          pattern: 'mfa/validate',
          isUnauthenticated: true,
          update: withFields({ mfa_request_id: 'text', mfa_payload: 'map' }, async (fields) => {
            const { mfa_request_id: id = '', mfa_payload: payload = {} } = fields
            const login = pending.get(id)
            if (id === '') throw invalidRequest('missing request ID')
            if (login === undefined || login.endsMs <= core.now()) throw invalidRequest('invalid request ID')
            // What is wanted now, which may be other than what was wanted at the login.
            const names = wantedOf(login.entityId, login.accessor)
            if (names.length === 0) {
              throw new DevVaultError('INTERNAL', 'found nil or empty MFAEnforcement configuration')
            }
            for (const name of names) await satisfy(name, login.entityId, payload)
            pending.delete(id)
            return login.reply
          }),
        },
        {
          pattern: 'mfa/behind/phone',
          update: withFields({ outcome: 'text' }, ({ outcome = 'approved' }) => {
            methods.answerPushes(outcome)
            return dataReply({})
          }),
        },
      ],
    },
  }
}

/** How hashicorp/go-multierror prints errors. */
const errorsOccurred = (texts: readonly string[]): string =>
  `${texts.length} ${texts.length === 1 ? 'error' : 'errors'} occurred:\n${texts.map((text) => `\t* ${text}\n`).join('')}\n`

/** A method is named by its id, or else by its name. */
const keyOf = ({ id, name }: MfaMethodEntry, payload: Readonly<Record<string, unknown>>): string | undefined =>
  [id, name].find((key) => Object.hasOwn(payload, key))

function authOf(reply: Reply): AuthAnswer | undefined {
  if (reply.type === 'auth') return reply.auth
  return reply.type === 'envelope' ? ((reply.envelope.auth ?? undefined) as AuthAnswer | undefined) : undefined
}

const noAuth = {
  client_token: '',
  accessor: '',
  policies: null,
  metadata: null,
  lease_duration: 0,
  renewable: false,
  entity_id: '',
  token_type: 'default',
  orphan: false,
  num_uses: 0,
}
