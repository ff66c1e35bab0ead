import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import type { TestVault } from '../support/dev-vault.ts'
import { createJwtIssuer } from '../support/json-web-tokens.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { pem, pemPath, signingVault } from '../support/vault-network.ts'

const issuer = createJwtIssuer()

describeWithPeers('a daemon that logs in without a person', ['ssh-add'], () => {
  const prepare = async (method: string, tls?: Parameters<typeof signingVault>[1]) => {
    const server = await signingVault('30m', tls)
    await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    await server.admin('POST', `sys/auth/${method}`, { type: method })
    return { server, folder: temporaryFolder() }
  }
  const start = async (server: TestVault, folder: string, auth: string, more = '') => {
    const daemon = await startBuiltDaemon(
      folder,
      `[vault.corp]\naddress = "${server.vault.address}"\nauth = { ${auth} }\n${more}\n[ssh.identity.ops]\nrole = "ops"\n`,
    )
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    return daemon
  }
  const list = async (daemon: BuiltDaemon) => (await daemon.run('ssh-add', ['-L'])).stdout
  const certified = 'ssh-ed25519-cert-v01@openssh.com'
  const untilCertified = async (daemon: BuiltDaemon) => {
    while (!(await list(daemon)).includes(certified));
  }

  it('with the JWT of a file, and takes up the fresh one when that of before has expired', async () => {
    const { server, folder } = await prepare('jwt')
    await server.admin('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
    await server.admin('POST', 'auth/jwt/role/ci', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: 'ops',
    })
    const jwt = (exp: number) => issuer.sign({ sub: 'job-1', aud: 'vault', exp })
    const file = join(folder, 'jwt')
    writeFileSync(file, jwt(1), { mode: 0o600 })
    const daemon = await start(server, folder, `method = "jwt", role = "ci", jwt = { file = "${file}" }`)
    expect(await list(daemon)).not.toContain(certified)
    expect((await daemon.run(process.execPath, [latchkeyPath, 'status'])).stdout).toContain('has expired')
    writeFileSync(file, jwt(Date.now() / 1000 + 600), { mode: 0o600 })
    await untilCertified(daemon)
    expect(daemon.log()).not.toContain('eyJ')
  })

  it('within each request, without a token, and says what the server has against it', async () => {
    const { server, folder } = await prepare('jwt')
    await server.admin('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
    await server.admin('POST', 'auth/jwt/role/ci', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: 'ops',
    })
    const jwt = (exp: number) => issuer.sign({ sub: 'job-1', aud: 'vault', exp })
    const file = join(folder, 'jwt')
    writeFileSync(file, jwt(1), { mode: 0o600 })
    const auth = `method = "jwt", role = "ci", jwt = { file = "${file}" }, inline = true`
    const daemon = await start(server, folder, auth)
    const latchkey = (...words: readonly string[]) => daemon.run(process.execPath, [latchkeyPath, ...words])
    expect(await list(daemon)).not.toContain(certified)
    expect((await latchkey('status')).stdout).toMatch(/with each request[\s\S]*the JWT for auth\/jwt\/ has expired/)
    expect((await latchkey('login', 'corp')).stderr).toContain('has expired')
    writeFileSync(file, jwt(Date.now() / 1000 + 600), { mode: 0o600 })
    expect((await latchkey('login', 'corp')).stdout).toContain('corp accepts the login as jwt-ci')
    await untilCertified(daemon)
    await latchkey('logout', 'corp')
    expect(await list(daemon)).not.toContain(certified)
    const paths = new Set(server.calls.map(({ path }) => path))
    expect([...paths].filter((path) => /auth\/(jwt\/login|token\/(renew|revoke))/.test(path))).toEqual([])
    const { keys } = await server.admin('GET', 'auth/token/accessors?list=true')
    // That of the root token.
    expect(keys).toHaveLength(1)
    expect(daemon.log()).not.toContain('eyJ')
  })

  it('with what a command prints, once for each login', async () => {
    const { server, folder } = await prepare('github')
    await server.admin('POST', 'auth/github/behind/people/octo', { password: 'ghp_octo', groups: ['ops'] })
    const program = join(folder, 'gh')
    writeFileSync(program, `#!/bin/sh\necho run >>"${folder}/runs"\necho ghp_$1\n`, { mode: 0o700 })
    const daemon = await start(server, folder, `method = "github", token = { command = ["${program}", "octo"] }`)
    expect(await list(daemon)).toContain(certified)
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n')
    expect(daemon.log()).toContain('github-octo')
    expect(daemon.log()).not.toContain('ghp_')
  })

  it('with the token of a service account, once Kubernetes can be asked', async () => {
    const { server, folder } = await prepare('kubernetes')
    await server.admin('POST', 'auth/kubernetes/role/deploy', {
      bound_service_account_names: 'deployer',
      bound_service_account_namespaces: 'ci',
      token_policies: 'ops',
    })
    const token = issuer.sign({
      exp: Date.now() / 1000 + 600,
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deployer', uid: '1' } },
    })
    await server.admin('POST', 'auth/kubernetes/behind/people/deployer', { password: token })
    await server.admin('POST', 'auth/kubernetes/behind', { is_down: true })
    const file = join(folder, 'token')
    writeFileSync(file, token, { mode: 0o600 })
    const daemon = await start(server, folder, `method = "kubernetes", role = "deploy", token_file = "${file}"`)
    expect(await list(daemon)).not.toContain(certified)
    await server.admin('POST', 'auth/kubernetes/behind', { is_down: false })
    await untilCertified(daemon)
  })

  it('with the client certificate of its TLS connection, and with the next one when that is replaced', async () => {
    const listener = { key: pem('server-key'), cert: pem('server'), asks: true }
    const { server, folder } = await prepare('cert', listener)
    await server.admin('POST', 'auth/cert/certs/laptop', { certificate: pem('client'), token_policies: 'ops' })
    const own = (name: string) => {
      copyFileSync(pemPath(name), join(folder, 'own.pem'))
      copyFileSync(pemPath(`${name}-key`), join(folder, 'own-key.pem'))
    }
    own('elsewhere')
    const files = `ca_file = "${pemPath('ca')}"\nclient_cert_file = "${folder}/own.pem"\nclient_key_file = "${folder}/own-key.pem"`
    const daemon = await start(server, folder, 'method = "cert"', files)
    expect(await list(daemon)).not.toContain(certified)
    expect((await daemon.run(process.execPath, [latchkeyPath, 'status'])).stdout).toContain(
      'auth/cert/ does not accept the client certificate',
    )
    own('client')
    await untilCertified(daemon)
  })
})
