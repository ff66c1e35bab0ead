import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { signingVault } from '../support/vault-network.ts'

const certified = 'ssh-ed25519-cert-v01@openssh.com'
const login = `exec "${latchkeyPath}" login >"$out" 2>"$err"`
const noChoice = 'config.toml does not say how to log in'

/** A vault with these mounts, which are shown to everybody, and a daemon that is not told how to log in. */
async function start(mounts: Readonly<Record<string, string>>) {
  const server = await signingVault()
  await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
  for (const [path, type] of Object.entries(mounts)) {
    await server.admin('POST', `sys/auth/${path}`, {
      type,
      description: `for ${path}`,
      config: { listing_visibility: 'unauth' },
    })
    if (type === 'userpass') {
      await server.admin('POST', `auth/${path}/users/jo`, { password: `pw of ${path}`, token_policies: 'ops' })
    }
  }
  const folder = temporaryFolder()
  const toml = (auth = '') =>
    `[vault.corp]\naddress = "${server.vault.address}"\n${auth}[ssh.identity.ops]\nrole = "ops"\n[prompt]\nprogram = "none"\n[keychain]\nstore = "memory"\n`
  const daemon = await startBuiltDaemon(folder, toml(), {
    env: { VAULT_TOKEN: undefined, LOGNAME: 'jo' },
  })
  onTestFinished(async () => void (await daemon.end('SIGTERM')))
  const env = { ...daemon.env, LOGNAME: 'jo' }
  const list = async () => (await daemon.run('ssh-add', ['-L'])).stdout
  const latchkey = (...args: string[]) => daemon.run(latchkeyPath, args, { env })
  const config = join(folder, 'config.toml')
  return { ...server, daemon, env, list, latchkey, config, write: (auth: string) => writeFileSync(config, toml(auth)) }
}

describeWithPeers('latchkey login where config.toml does not say how', ['ssh-add', 'python:pty'], () => {
  it('has one of the logins chosen that the server shows, and says what keeps it', async () => {
    const { env, list, latchkey, config, write } = await start({
      people: 'userpass',
      'corp/admins': 'userpass',
      ci: 'approle',
    })
    const chosen = await runOnTerminal(
      login,
      [
        { expect: '1) userpass at auth/corp/admins/ (for corp/admins)', type: '' },
        { expect: 'number: ', type: '2\n' },
        { expect: 'user name at auth/people/ (Enter: jo): ', type: '\n' },
        { expect: 'password of jo for vault corp: ', type: 'pw of people\n' },
      ],
      env,
    )
    expect(chosen).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(chosen.stdout).toContain('logged in to corp as people-jo')
    const line = 'auth = { method = "userpass", mount = "people", username = "jo" }'
    expect(chosen.stdout).toContain(`to keep it, write into [vault.corp] of ${config}:\n\n  ${line}\n`)
    expect(await list()).toContain(certified)
    expect((await latchkey('status')).stdout).toMatch(/corp +logged in +\S+.* userpass /)

    // The line that it has said takes the login over.
    write(`${line}\n`)
    await expect
      .poll(async () => (await latchkey('status')).stdout, { timeout: 10_000 })
      .toMatch(/corp +logged in .*userpass/)
    expect(readFileSync(config, 'utf8')).toContain(line)
    expect(await latchkey('logout')).toMatchObject({ status: 0 })
    const again = await runOnTerminal(login, [{ expect: 'password of jo for vault corp', type: 'pw of people\n' }], env)
    expect(again).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(again.stdout).not.toContain('to keep it')
  })

  it('takes the only one, says so, and forgets it at a logout', async () => {
    const { env, latchkey } = await start({ people: 'userpass' })
    const steps = [
      { expect: 'user name at auth/people/ (Enter: jo): ', type: '\n' },
      { expect: 'password of jo', type: 'pw of people\n' },
    ]
    for (let logins = 0; logins < 2; logins += 1) {
      const taken = await runOnTerminal(login, steps, env)
      expect(taken).toMatchObject({ status: 0, stepsLeft: 0 })
      expect(taken.stderr).toBe('the only login that vault corp offers: userpass at auth/people/ (for people)\n')
      expect(await latchkey('logout')).toMatchObject({ status: 0 })
    }
  })

  it('names them where nobody can be asked, with what to write', async () => {
    const { latchkey, config } = await start({ people: 'userpass', sso: 'oidc' })
    const { status, stderr } = await latchkey('login')
    expect(status).toBe(2)
    expect(stderr).toContain('userpass at auth/people/ (for people), oidc at auth/sso/ (for sso)')
    expect(stderr).toContain(
      `hint: run it in a terminal, or write into [vault.corp] of ${config} one of them, such as: auth = { method = "userpass", mount = "people", username = "jo" }`,
    )
  })

  it('says what to write where the server shows none, or is away', async () => {
    const { latchkey, vault } = await start({ ci: 'approle' })
    const none = await latchkey('login')
    expect(none).toMatchObject({ status: 1, stdout: '' })
    expect(none.stderr).toContain('shows no login that can be chosen, but approle at ci')
    expect(none.stderr).toContain('auth = {')
    await vault.close()
    const away = await latchkey('login')
    expect(away).toMatchObject({ status: 1, stdout: '' })
    expect(away.stderr).toMatch(
      /latchkey: .*(refused|reached|answer).*\nhint: .*write into \[vault.corp\] of config.toml/,
    )
    expect(away.stderr).not.toContain(noChoice)
  })

  it('leaves nothing of a login that has failed', async () => {
    const { env, latchkey } = await start({ people: 'userpass' })
    const wrong = { expect: 'password of jo', type: 'wrong\n' }
    const steps = [{ expect: 'user name', type: '\n' }, wrong, wrong, wrong]
    const failed = await runOnTerminal(login, steps, env)
    expect(failed).toMatchObject({ stepsLeft: 0, stdout: '' })
    expect(failed.status).not.toBe(0)
    expect((await latchkey('status')).stdout).toMatch(/corp +(when needed|not logged in) .*token /)
  })

  it('uses a token that is found, without a word of any choice', async () => {
    const { vault, latchkey, daemon } = await start({ people: 'userpass' })
    writeFileSync(join(daemon.env.HOME!, '.vault-token'), vault.rootToken, { mode: 0o600 })
    expect(await latchkey('login')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('policies: root;'),
    })
  })
})
