import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openTestVault } from '../support/dev-vault.ts'
import { mountEveryLogin } from '../support/every-login.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { startStubOidcProvider } from '../support/stub-oidc-provider.ts'
import { pem, pemPath } from '../support/vault-network.ts'

/** What is used here of node-vault, whose own types want packages that are not installed. */
type NodeVault = Readonly<
  Record<
    'ldapLogin' | 'radiusLogin' | 'oktaLogin' | 'githubLogin' | 'jwtLogin' | 'kubernetesLogin' | 'certLogin',
    (options: object) => Promise<{ auth: { client_token: string; policies: string[] } }>
  >
>

const nodeVault: (options: object) => NodeVault = createRequire(import.meta.url)('node-vault')

async function world() {
  const provider = await startStubOidcProvider()
  onTestFinished(provider.close)
  const tls = { key: pem('server-key'), cert: pem('server'), asks: true }
  const server = await openTestVault({ now: () => Date.now(), tls })
  return { server, login: await mountEveryLogin(server, provider) }
}

describeWithPeers('logins by node-vault to the development Vault', [], () => {
  it('lead to a token by every method that it has, and to its error where they are refused', async () => {
    const { server, login } = await world()
    const shown = { ca: pem('ca'), cert: pem('client'), key: pem('client-key') }
    const connect = (own: object = shown) => nodeVault({ endpoint: server.vault.address, requestOptions: own })
    const { username, password } = login
    const attempts = {
      ldapLogin: [{ username, password }, { username, password: 'no' }, 'failed to bind as user'],
      radiusLogin: [{ username, password }, { username, password: 'no' }, 'access denied by the authentication server'],
      oktaLogin: [{ username, password }, { username, password: 'no' }, 'Authentication failed'],
      githubLogin: [{ token: login.githubToken }, { token: 'ghp_no' }, '401 Bad credentials'],
      jwtLogin: [{ role: 'ci', jwt: login.jwt }, { role: 'ci', jwt: 'no' }, 'must have three parts'],
      kubernetesLogin: [
        { mount_point: 'kubernetes', role: 'deploy', jwt: login.kubernetesToken },
        { mount_point: 'kubernetes', role: 'nope', jwt: login.kubernetesToken },
        'invalid role name "nope"',
      ],
    } as const
    for (const [method, [right, wrong, refusal]] of Object.entries(attempts)) {
      const { auth } = await connect()[method as keyof NodeVault](right)
      expect([method, auth.policies]).toEqual([method, ['default', 'ops']])
      await expect(connect()[method as keyof NodeVault](wrong)).rejects.toThrow(refusal)
    }
    // It takes no parameters for this one.
    expect((await connect().certLogin({})).auth.policies).toEqual(['default', 'ops'])
    await expect(connect({ ca: pem('ca') }).certLogin({})).rejects.toThrow('no client certificate found')
  })
})

describeWithPeers('logins by hvac to the development Vault', ['python:hvac'], () => {
  it('lead to who they are of by every method that it has, and to its exceptions where they are refused', async () => {
    const { server, login } = await world()
    const printed = await runOk(debianPython, [join(import.meta.dirname, 'vault-client-logins.py')], {
      input: JSON.stringify({ ...login, clientCert: pemPath('client'), clientKey: pemPath('client-key') }),
      env: {
        VAULT_ADDR: server.vault.address,
        VAULT_TOKEN: server.vault.rootToken,
        VAULT_CACERT: pemPath('ca'),
        NO_PROXY: '*',
        PYTHONWARNINGS: 'ignore',
      },
    })
    const refused = (text: string, exception = 'InvalidRequest') => [exception, expect.stringContaining(text)]
    expect(JSON.parse(printed)).toEqual({
      ldap: ['ldap-jo', refused('failed to bind as user')],
      radius: ['radius-jo', refused('access denied by the authentication server')],
      okta: ['okta-jo', refused('Authentication failed')],
      // The method gives back what the API of GitHub has said, as a 500.
      github: ['github-octo', refused('401 Bad credentials', 'InternalServerError')],
      jwt: ['jwt-job-1', refused('must have three parts')],
      kubernetes: ['kubernetes-ci-deployer', refused('', 'Forbidden')],
      cert: ['cert-laptop', refused('invalid certificate or no client certificate supplied')],
      // It signs for the host sts.amazonaws.com, for which the embedded STS, to which that is sent, does not answer.
      aws: [refused('received error code 421 from STS'), refused('received error code 421 from STS')],
      oidc: ['oidc-mia', refused('Expired or missing OAuth state')],
      namespaces: ['team/'],
      of_team: ['ssh-ed25519', null],
    })
  })
})
