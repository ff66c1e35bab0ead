import { describe, expect, it } from 'vitest'
import { kubernetes } from '../../../../src/vault/login/kubernetes.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { createJwtIssuer } from '../../../support/json-web-tokens.ts'
import { loginContext, testClient } from '../../../support/vault-world.ts'

const issuer = createJwtIssuer()
const defaultFile = '/var/run/secrets/kubernetes.io/serviceaccount/token'

async function world(role = 'deploy', account: object = {}, exp?: number) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/kubernetes', { type: 'kubernetes' })
  await server.admin('POST', 'auth/kubernetes/role/deploy', {
    bound_service_account_names: 'deployer',
    bound_service_account_namespaces: 'ci',
  })
  const serviceaccount = { name: 'deployer', uid: '1-2-3' }
  const token = issuer.sign({
    exp: exp ?? server.nowMs() / 1000 + 600,
    'kubernetes.io': { namespace: 'ci', serviceaccount, ...account },
  })
  await server.admin('POST', 'auth/kubernetes/behind/people/deployer', { password: token })
  const files = new Map([[defaultFile, token]])
  const made = kubernetes.create(
    { method: 'kubernetes', role },
    loginContext(testClient(server.vault.address), { files }),
  )
  return { server, files, made }
}

describe('a login by service account', () => {
  it('sends the token that Kubernetes has put into the pod, and needs no person', async () => {
    const { made } = await world()
    expect(made).toMatchObject({ name: 'kubernetes', isUnattended: true })
    expect((await made.login(false)).lease.displayName).toBe('kubernetes-ci-deployer')
  })

  it.each<[string, Parameters<typeof world>, string, string]>([
    [
      'another account',
      ['deploy', { serviceaccount: { name: 'x', uid: '1' } }],
      'VAULT_LOGIN_FAILED',
      'service account name',
    ],
    ['another namespace', ['deploy', { namespace: 'x' }], 'VAULT_LOGIN_FAILED', 'does not allow this namespace'],
    ['a token that has expired', ['deploy', {}, 1], 'VAULT_LOGIN_FAILED', 'has expired'],
    ['an unknown role', ['nosuch'], 'VAULT_ROLE_UNKNOWN', 'no role "nosuch" at auth/kubernetes/'],
  ])('of %s says so', async (_, given, code, message) => {
    const { made } = await world(...given)
    await expect(made.login(false)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('of another account says how to see what the role allows', async () => {
    const { made } = await world('deploy', { namespace: 'x' })
    await expect(made.login(false)).rejects.toMatchObject({
      message: expect.stringContaining('role deploy at auth/kubernetes/'),
      hint: expect.stringContaining('vault read auth/kubernetes/role/deploy'),
    })
  })

  it('that Kubernetes cannot be asked about is tried again by itself, for it may pass', async () => {
    const { server, made } = await world()
    await server.admin('POST', 'auth/kubernetes/behind', { is_down: true })
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining('cannot ask Kubernetes about it'),
    })
  })
})
