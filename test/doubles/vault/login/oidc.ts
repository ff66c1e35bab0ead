import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { LoginGrant } from '../../../../src/dev/vault/login/logins.ts'
import { dataReply, empty, type Reply } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'
import {
  askForDevice,
  authorizationUrl,
  authorizeDevice,
  type Claims,
  discover,
  exchangeCode,
  ProviderError,
  verifyIdToken,
} from './oidc-provider.ts'
import { createOidcRequests, loginFailed, type OidcRequest, unknownState } from './oidc-requests.ts'
import {
  configFields,
  isAllowedRedirect,
  type OidcConfig,
  type OidcRole,
  readConfig,
  readRole,
  roleFields,
} from './oidc-roles.ts'

/** What a mount has. */
interface OidcMount {
  config: OidcConfig | undefined
  roles: Record<string, OidcRole>
}

/** Logins in a browser, at a provider of identities (OpenBao builtin/credential/jwt, path_oidc.go). */
export const oidc: Plugin = ({ part, changed, logins, now }) => {
  const mounts = part('oidc', () => table<OidcMount>())
  const requests = createOidcRequests(now)
  const mountOf = ({ mount }: VaultRequest) =>
    entryOf(mounts, mount.uuid, () => ({ config: undefined, roles: table<OidcRole>() }))

  const configOf = (request: VaultRequest): OidcConfig => {
    const { config } = mountOf(request)
    if (config === undefined) throw invalidRequest('could not load configuration')
    return config
  }
  const roleOf = (request: VaultRequest, name: string): OidcRole => {
    const role = mountOf(request).roles[name]
    if (role === undefined) throw invalidRequest(`role ${JSON.stringify(name)} could not be found`)
    return role
  }
  const grantOf = (request: VaultRequest, name: string, claims: Claims): LoginGrant => {
    const role = roleOf(request, name)
    const user = claims[role.userClaim]
    if (typeof user !== 'string') throw loginFailed(`claim "${role.userClaim}" not found in token`)
    for (const [claim, wanted] of Object.entries(role.boundClaims)) {
      if (claims[claim] === undefined) throw loginFailed(`error validating claims: claim "${claim}" is missing`)
      if (claims[claim] !== wanted)
        throw loginFailed(`error validating claims: claim "${claim}" does not match any associated bound claim values`)
    }
    return { request, aliasName: user, displayName: user, metadata: { role: name }, terms: role.terms, name }
  }

  const beginDevice = async (
    config: OidcConfig,
    roleName: string,
    role: OidcRole,
    clientNonce: string,
  ): Promise<Reply> => {
    const device = await authorizeDevice(config).catch((error: unknown) => {
      throw new DevVaultError('INTERNAL', `error authorizing device: ${String(error)}`)
    })
    const { state } = requests.begin({ roleName, redirectUri: '-', clientNonce, deviceCode: device.device_code })
    const isComplete = device.verification_uri_complete !== undefined
    return dataReply({
      auth_url: device.verification_uri_complete ?? device.verification_uri,
      poll_interval: String(role.pollSeconds || device.interval || 5),
      state,
      ...(isComplete ? {} : { user_code: device.user_code }),
    })
  }

  const beginLogin = async (
    fields: { role?: string; redirect_uri?: string; client_nonce?: string },
    call: VaultRequest,
  ) => {
    const config = configOf(call)
    const roleName = (fields.role || config.defaultRole).toLowerCase()
    if (roleName === '') throw invalidRequest('missing role')
    const role = roleOf(call, roleName)
    const { redirect_uri: redirectUri = '', client_nonce: clientNonce = '' } = fields
    if (clientNonce === '' && role.callbackMode !== 'client') throw invalidRequest('missing client_nonce')
    if (role.callbackMode === 'device') return beginDevice(config, roleName, role, clientNonce)
    if (redirectUri === '') throw invalidRequest('missing redirect_uri')
    if (!isAllowedRedirect(redirectUri, role.allowedRedirectUris)) return dataReply({ auth_url: '' })
    const { state, request } = requests.begin({ roleName, redirectUri, clientNonce, deviceCode: '' })
    const login = { ...request, state, isImplicit: config.isImplicit }
    // Whatever the provider has is not told to those who have no token.
    const url = await authorizationUrl(config, login).catch(() => undefined)
    if (url === undefined) return dataReply({ auth_url: '' })
    const toPoll = role.callbackMode === 'direct' ? { poll_interval: String(role.pollSeconds || 5), state } : {}
    return dataReply({ auth_url: url, ...toPoll })
  }

  const finish = async (fields: Readonly<Record<string, string | undefined>>, call: VaultRequest): Promise<Reply> => {
    const { state = '' } = fields
    const request = requests.find(state)
    if (request.grant !== undefined) throw unknownState()
    const isDirect = roleOf(call, request.roleName).callbackMode === 'direct'
    if (isDirect && !fields.confirmation) {
      const code = encodeURIComponent(fields.code ?? '')
      const link = `?state=${state}&code=${code}&confirmation=1`
      return {
        type: 'html',
        status: 200,
        html: `<h1>Confirm the login to ${request.roleName}</h1><a id="confirm-button" href="${link}">Confirm</a>`,
      }
    }
    try {
      if (fields.error) throw loginFailed(fields.error)
      if (!isDirect && request.clientNonce !== '' && fields.client_nonce !== request.clientNonce) {
        throw invalidRequest('invalid client_nonce')
      }
      const claims = await claimsOf(configOf(call), request, fields.code ?? '')
      if (claims.nonce !== request.nonce) throw loginFailed('invalid ID token nonce.')
      const grant = grantOf(call, request.roleName, claims)
      if (!isDirect) return logins.issue(grant)
      request.grant = grant
      return { type: 'html', status: 200, html: '<h1>Signed in</h1><p>You can close this window.</p>' }
    } catch (error) {
      if (!isDirect || !(error instanceof DevVaultError)) throw error
      return { type: 'html', status: 400, html: `<h1>${error.message.replace(/[<&]/g, '')}</h1>` }
    } finally {
      if (!isDirect) requests.end(state)
    }
  }

  const poll = async (
    { state = '', client_nonce: nonce }: { state?: string; client_nonce?: string },
    call: VaultRequest,
  ) => {
    const request = requests.find(state)
    let isOver = true
    try {
      if (nonce !== request.clientNonce) throw invalidRequest('invalid client_nonce')
      if (request.deviceCode !== '') {
        const answer = await askForDevice(configOf(call), request.deviceCode)
        if ('claims' in answer) return logins.issue(grantOf(call, request.roleName, answer.claims))
        isOver = !['authorization_pending', 'slow_down'].includes(answer.error)
        throw invalidRequest(isOver ? `authorization failed: ${answer.error}` : answer.error)
      }
      if (request.grant !== undefined) return logins.issue({ ...request.grant, request: call })
      isOver = false
      throw invalidRequest('authorization_pending')
    } finally {
      if (isOver) requests.end(state)
    }
  }

  const keepForm = (fields: { state?: string; code?: string; id_token?: string }, call: VaultRequest): Reply => {
    if (!configOf(call).isFormPost) throw new DevVaultError('UNSUPPORTED_OPERATION', '')
    const request = requests.find(fields.state)
    request.code = fields.code ?? ''
    request.idToken = fields.id_token ?? ''
    // Only a redirect_uri of the server itself has a page to go on with.
    return { type: 'html', status: 400, html: 'Invalid redirect path.' }
  }

  return {
    backends: [
      {
        type: 'oidc',
        kind: 'login',
        forget: ({ uuid }) => void delete mounts[uuid],
        renewalTerms({ uuid }, name) {
          const terms = mounts[uuid]?.roles[name]?.terms
          if (terms === undefined) throw new DevVaultError('INTERNAL', `role ${name} does not exist during renewal`)
          return terms
        },
        routes: [
          {
            pattern: 'config',
            update: withFields(configFields, async (fields, request) => {
              const config = readConfig(fields)
              await discover(config).catch((error: unknown) => {
                throw invalidRequest(`error checking oidc discovery URL: ${String(error)}`)
              })
              mountOf(request).config = config
              changed()
              return empty
            }),
          },
          {
            pattern: 'role/{name}',
            update: withFields(roleFields, (fields, request) => {
              const { roles } = mountOf(request)
              const name = request.params.name!.toLowerCase()
              roles[name] = readRole(roles[name], fields)
              changed()
              return empty
            }),
          },
          {
            pattern: 'oidc/auth_url',
            isUnauthenticated: true,
            update: withFields({ role: 'text', redirect_uri: 'text', client_nonce: 'text' }, beginLogin),
          },
          {
            pattern: 'oidc/callback',
            isUnauthenticated: true,
            read: withFields(
              {
                state: 'text',
                code: 'text',
                client_nonce: 'text',
                error: 'text',
                error_description: 'text',
                confirmation: 'text',
                iss: 'text',
              },
              finish,
            ),
            update: withFields({ state: 'text', code: 'text', id_token: 'text', client_nonce: 'text' }, keepForm),
          },
          {
            pattern: 'oidc/poll',
            isUnauthenticated: true,
            update: withFields({ state: 'text', client_nonce: 'text' }, poll),
          },
        ],
      },
    ],
  }
}

/** Of the ID token that was posted, where there is no code for one. @throws {DevVaultError} INVALID_REQUEST */
async function claimsOf(config: OidcConfig, request: OidcRequest, given: string): Promise<Claims> {
  const code = given === 'no_code' ? request.code : given
  if (code === '' && request.idToken === '') throw loginFailed('No code or id_token received.')
  try {
    return await (code === '' ? verifyIdToken(config, request.idToken) : exchangeCode(config, { ...request, code }))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (code === '') throw invalidRequest(`Token verification failed. ${error.message}`)
    throw loginFailed(`Error exchanging oidc code: ${JSON.stringify(error.message)}.`)
  }
}
