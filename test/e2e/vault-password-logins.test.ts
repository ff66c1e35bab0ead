import { expect, it, onTestFinished } from 'vitest'
import { totp } from '../../src/core/totp/totp.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { runOnTerminal, type TerminalStep } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { signingVault } from '../support/vault-network.ts'

const type = (what: string, typed: string): TerminalStep => ({ expect: what, type: `${typed}\n` })

describeWithPeers('a daemon whose person logs in with a password of another server', ['ssh-add'], () => {
  const start = async (method: string, factor = '') => {
    const server = await signingVault()
    await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    await server.admin('POST', `sys/auth/${method}`, { type: method })
    await server.admin('POST', `auth/${method}/behind/people/jo`, { password: 'pw of jo', groups: ['ops'], factor })
    const daemon = await startBuiltDaemon(
      temporaryFolder(),
      `[vault.corp]\naddress = "${server.vault.address}"\nauth = { method = "${method}", username = "jo" }\n[ssh.identity.ops]\nrole = "ops"\n`,
    )
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    return { server, daemon }
  }
  const logIn = (daemon: BuiltDaemon, steps: readonly TerminalStep[]) =>
    runOnTerminal(`exec "${latchkeyPath}" login >"$out" 2>"$err"`, steps, daemon.env)
  const listed = async (daemon: BuiltDaemon) => (await daemon.run('ssh-add', ['-L'])).stdout

  it('has a second try at the directory, and not while that is away', async () => {
    const { server, daemon } = await start('ldap')
    await server.admin('POST', 'auth/ldap/config', { url: 'ldap://127.0.0.1:389' })
    await server.admin('POST', 'auth/ldap/groups/ops', { policies: 'ops' })
    expect(await listed(daemon)).not.toContain('cert-v01')
    const login = await logIn(daemon, [type('password of jo', 'pw of Jo'), type('2 more tries', 'pw of jo')])
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(await listed(daemon)).toContain('ssh-ed25519-cert-v01@openssh.com')
    await server.admin('POST', 'auth/ldap/behind', { is_down: true })
    const inVain = await logIn(daemon, [type('password of jo', 'pw of jo')])
    expect(inVain).toMatchObject({ status: 3, stepsLeft: 0 })
    expect(inVain.stderr).toContain('the directory behind auth/ldap/ does not answer it')
    expect(daemon.log()).not.toContain('pw of')
  })

  it('is told that the user is locked after five wrong passwords', async () => {
    const { server, daemon } = await start('ldap')
    await server.admin('POST', 'auth/ldap/config', { url: 'ldap://127.0.0.1:389' })
    for (let attempt = 1; attempt <= 4; attempt += 1)
      await server.call('POST', 'auth/ldap/login/jo', { body: { password: 'x' } })
    const steps = [type('password of jo', 'wrong'), type('2 more tries', 'pw of jo')]
    const login = await logIn(daemon, steps)
    expect(login).toMatchObject({ status: 3, stepsLeft: 0 })
    expect(login.stderr).toContain('after several wrong attempts a login is locked')
  })

  it('logs in by RADIUS', async () => {
    const { server, daemon } = await start('radius')
    const config = { host: '127.0.0.1', secret: 's', unregistered_user_policies: 'ops' }
    await server.admin('POST', 'auth/radius/config', config)
    const login = await logIn(daemon, [type('password of jo', 'no'), type('2 more tries', 'pw of jo')])
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(await listed(daemon)).toContain('ssh-ed25519-cert-v01@openssh.com')
  })

  it('is shown the number that Okta wants tapped, and waits until it is', async () => {
    const { server, daemon } = await start('okta', 'number')
    const steps = [type('password of jo', 'pw of jo'), { expect: 'tap 42 in Okta Verify' }]
    const login = logIn(daemon, steps)
    const shown = () => server.calls.filter(({ path, status }) => path.includes('/verify/') && status === 200)
    const untilShown = async () => {
      while (shown().length < 2) await server.call('GET', 'sys/seal-status')
    }
    await untilShown()
    await server.admin('POST', 'auth/okta/behind/phone/jo', { outcome: 'approved' })
    expect(await login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(await listed(daemon)).toContain('ssh-ed25519-cert-v01@openssh.com')
  })

  it('is asked for the code that Okta wants', async () => {
    const { daemon } = await start('okta', 'totp')
    const login = await logIn(daemon, [type('password of jo', 'pw of jo'), type('Okta code of jo', '246810')])
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
  })

  it('is asked for the code of login MFA, by the same login, until it is right', async () => {
    const server = await signingVault()
    await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await server.admin('POST', 'auth/userpass/users/jo', { password: 'pw of jo', token_policies: 'ops' })
    const first = await server.call('POST', 'auth/userpass/login/jo', { body: { password: 'pw of jo' } })
    const jo = first.json.auth.entity_id
    const wanted = { method_name: 'phone', issuer: 'corp' }
    const { method_id: method } = await server.admin('POST', 'identity/mfa/method/totp', wanted)
    const wishes = { method_id: method, entity_id: jo }
    const { url } = await server.admin('POST', 'identity/mfa/method/totp/admin-generate', wishes)
    await server.admin('POST', 'identity/mfa/login-enforcement/all', {
      mfa_method_ids: [method],
      identity_entity_ids: [jo],
    })
    const daemon = await startBuiltDaemon(
      temporaryFolder(),
      `[vault.corp]\naddress = "${server.vault.address}"\nauth = { method = "userpass", username = "jo" }\n[ssh.identity.ops]\nrole = "ops"\n`,
    )
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    const code = totp(new URL(String(url)).searchParams.get('secret')!, Date.now())
    const wrong = code === '000000' ? '000001' : '000000'
    const login = await logIn(daemon, [
      type('password of jo', 'pw of jo'),
      type('code of phone (TOTP) for vault corp', wrong),
      type('2 more tries', code),
    ])
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(await listed(daemon)).toContain('ssh-ed25519-cert-v01@openssh.com')
    expect(server.calls.filter(({ path }) => path === '/v1/auth/userpass/login/jo')).toHaveLength(2)
    expect(daemon.log()).not.toContain(code)
  })
})
