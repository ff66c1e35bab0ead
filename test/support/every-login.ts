import { addUser, startDevAws } from './dev-aws.ts'
import type { TestVault } from './dev-vault.ts'
import { fakeClock } from './fake-clock.ts'
import { createJwtIssuer } from './json-web-tokens.ts'
import type { StubOidcProvider } from './stub-oidc-provider.ts'
import { pem } from './vault-network.ts'

/** What somebody logs in with, by each method that `mountEveryLogin` enables. */
export interface EveryLogin {
  username: string
  password: string
  githubToken: string
  jwt: string
  kubernetesToken: string
  accessKey: string
  secretKey: string
}

/**
 * Enables the login methods that have something behind them, each at its own name, with one person who gets the policy `ops`.
 * The vault needs TLS for the logins by certificate, and the real time.
 */
export async function mountEveryLogin(vault: TestVault, provider: StubOidcProvider): Promise<EveryLogin> {
  const issuer = createJwtIssuer()
  const exp = Date.now() / 1000 + 600
  const login = {
    username: 'jo',
    password: 'pw of jo',
    githubToken: 'ghp_octo',
    jwt: issuer.sign({ sub: 'job-1', aud: 'vault', exp }),
    kubernetesToken: issuer.sign({
      exp,
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deployer', uid: 'uid-1' } },
    }),
  }
  const write = (path: string, body: object) => vault.admin('POST', path, body)
  for (const type of ['ldap', 'radius', 'okta', 'github', 'jwt', 'kubernetes', 'cert', 'aws', 'oidc']) {
    await write(`sys/auth/${type}`, { type })
  }
  const { username, password } = login
  const person = { password, groups: ['ops'] }
  for (const type of ['ldap', 'radius', 'okta']) await write(`auth/${type}/behind/people/${username}`, person)
  await write('auth/ldap/config', { url: 'ldap://directory.example.com' })
  await write('auth/ldap/groups/ops', { policies: 'ops' })
  await write('auth/radius/config', { host: 'radius.example.com', secret: 's', token_policies: 'ops' })
  await write('auth/github/behind/people/octo', { password: login.githubToken, groups: ['ops'] })
  await write('auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
  const terms = { token_policies: 'ops' }
  await write('auth/jwt/role/ci', { role_type: 'jwt', user_claim: 'sub', bound_audiences: ['vault'], ...terms })
  const account = { bound_service_account_names: 'deployer', bound_service_account_namespaces: 'ci' }
  await write('auth/kubernetes/role/deploy', { ...account, ...terms })
  await write('auth/kubernetes/behind/people/deployer', { password: login.kubernetesToken })
  await write('auth/cert/certs/laptop', { certificate: pem('client'), ...terms })
  const cloud = await startDevAws({ clock: { ...fakeClock(), now: () => Date.now() } })
  const user = await addUser(cloud)
  await write('auth/aws/config/client', { sts_endpoint: cloud.endpoint })
  await write('auth/aws/role/dev', { auth_type: 'iam', bound_iam_principal_arn: user.arn, ...terms })
  await write('auth/oidc/config', {
    oidc_discovery_url: provider.issuer,
    oidc_client_id: 'vault',
    oidc_client_secret: 'secret-of-the-client',
  })
  const allowed = ['http://localhost:8250/oidc/callback']
  await write('auth/oidc/role/dev', { user_claim: 'sub', allowed_redirect_uris: allowed, ...terms })
  return { ...login, accessKey: user.accessKeyId, secretKey: user.secretAccessKey }
}
