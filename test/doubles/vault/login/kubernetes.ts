import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest, permissionDenied } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { createServersBehind } from './behind.ts'
import { readClaims, refusalOfTimes } from './json-web-token.ts'
import { createRoleMounts } from './role-mount.ts'

const configFields = {
  kubernetes_host: 'text',
  kubernetes_ca_cert: 'text',
  disable_local_ca_jwt: 'boolean',
  token_reviewer_jwt: 'text',
} as const
const roleFields = { bound_service_account_names: 'list', bound_service_account_namespaces: 'list' } as const

/** Login with the token of a service account. The API that reviews it knows the tokens that are told as passwords. */
export const kubernetes: Plugin = (core) => {
  const mounts = createRoleMounts(core, { method: 'kubernetes', at: 'role', configFields, roleFields, check })
  const behind = createServersBehind(core, 'kubernetes')
  const refused = (message: string) => new DevVaultError('PERMISSION_DENIED', message)
  return {
    backends: [
      {
        type: 'kubernetes',
        kind: 'login',
        forget(mount) {
          mounts.forget(mount)
          behind.forget(mount.uuid)
        },
        renewalTerms: mounts.renewalTerms,
        routes: [
          ...behind.routes,
          ...mounts.routes,
          {
            pattern: 'login',
            isUnauthenticated: true,
            update: withFields({ role: 'text', jwt: 'text' }, ({ role: name = '', jwt = '' }, request) => {
              if (name === '') throw invalidRequest('missing role')
              if (jwt === '') throw invalidRequest('missing jwt')
              const role = mounts.rolesOf(request)[name]
              if (role === undefined) throw invalidRequest(`invalid role name "${name}"`)
              const claims = readClaims(jwt)
              const account = accountOf(claims?.['kubernetes.io'])
              if (claims === undefined || account === undefined) throw permissionDenied()
              const { bound_service_account_names: names = [], bound_service_account_namespaces: spaces = [] } =
                role.settings
              if (!isAllowed(account.namespace, spaces)) throw refused('namespace not authorized')
              if (!isAllowed(account.name, names)) throw refused('service account name not authorized')
              const ofTimes = refusalOfTimes(claims, core.now())
              if (ofTimes !== undefined) throw refused(ofTimes)
              const { isDown, people } = behind.of(request)
              if (isDown || !Object.values(people).some(({ password }) => password === jwt)) throw permissionDenied()
              return core.logins.issue({
                request,
                aliasName: account.uid,
                displayName: `${account.namespace}-${account.name}`,
                metadata: {
                  role: name,
                  service_account_name: account.name,
                  service_account_namespace: account.namespace,
                  service_account_secret_name: '',
                  service_account_uid: account.uid,
                },
                terms: role.terms,
                name,
              })
            }),
          },
        ],
      },
    ],
  }
}

function check(settings: Fields<typeof roleFields>): void {
  const { bound_service_account_names: names = [], bound_service_account_namespaces: spaces = [] } = settings
  if (names.length === 0) throw invalidRequest('"bound_service_account_names" can not be empty')
  if (spaces.length > 0) return
  throw invalidRequest(
    '"bound_service_account_namespaces" can not be empty if "bound_service_account_namespace_selector" is not set',
  )
}

const isAllowed = (name: string, bound: readonly string[]) => bound.includes('*') || bound.includes(name)

/** Who a projected token is of. */
function accountOf(claim: unknown): { namespace: string; name: string; uid: string } | undefined {
  if (typeof claim !== 'object' || claim === null) return undefined
  const { namespace, serviceaccount } = claim as {
    namespace?: string
    serviceaccount?: { name?: string; uid?: string }
  }
  if (namespace === undefined || serviceaccount?.name === undefined || serviceaccount.uid === undefined)
    return undefined
  return { namespace, name: serviceaccount.name, uid: serviceaccount.uid }
}
