import { expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'
import { createJwtIssuer } from '../../../../support/json-web-tokens.ts'

// The words of OpenBao 2.6.2.
const jwt = { role_type: 'jwt', user_claim: 'sub', bound_audiences: ['vault'] }
const account = { bound_service_account_names: 'deployer', bound_service_account_namespaces: 'ci' }

it.each([
  [
    'jwt',
    { ...jwt, role_type: undefined },
    "'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.",
  ],
  ['jwt', { ...jwt, role_type: 'saml' }, "invalid 'role_type': saml"],
  ['jwt', { ...jwt, user_claim: undefined }, 'a user claim must be defined on the role'],
  [
    'jwt',
    { ...jwt, bound_audiences: undefined },
    'must have at least one bound constraint when creating/updating a role',
  ],
  [
    'kubernetes',
    { ...account, bound_service_account_names: undefined },
    '"bound_service_account_names" can not be empty',
  ],
  [
    'kubernetes',
    { ...account, bound_service_account_namespaces: undefined },
    '"bound_service_account_namespaces" can not be empty if "bound_service_account_namespace_selector" is not set',
  ],
])('a role of %s that is not complete is refused: %o', async (type, role, refusal) => {
  const server = await openTestVault()
  await server.admin('POST', `sys/auth/${type}`, { type })
  const path = `auth/${type}/role/ci`
  await server.admin('POST', path, type === 'jwt' ? jwt : account)
  const { status, json } = await server.call('POST', `auth/${type}/role/other`, {
    token: server.vault.rootToken,
    body: role,
  })
  expect([status, json.errors]).toEqual([400, [refusal]])
})

it('a token is not renewed when its role is gone', async () => {
  const server = await openTestVault({ now: () => Date.now() })
  const issuer = createJwtIssuer()
  await server.admin('POST', 'sys/auth/jwt', { type: 'jwt' })
  await server.admin('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
  await server.admin('POST', 'auth/jwt/role/ci', jwt)
  const token = issuer.sign({ sub: 'job', aud: 'vault', exp: Date.now() / 1000 + 600 })
  const login = await server.call('POST', 'auth/jwt/login', { body: { role: 'ci', jwt: token } })
  const renew = () => server.call('POST', 'auth/token/renew-self', { token: login.json.auth.client_token, body: {} })
  expect((await renew()).status).toBe(200)
  await server.admin('DELETE', 'auth/jwt/role/ci')
  const { status, json } = await renew()
  expect([status, json.errors]).toEqual([
    500,
    ['1 error occurred:\n\t* failed to renew entry: role ci does not exist during renewal\n\n'],
  ])
})
