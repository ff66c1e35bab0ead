import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { totp } from '../../src/core/totp/totp.ts'
import { type DevAccount, seedDevAccount } from '../../src/dev/aws/seed.ts'
import { createDevAws } from '../../src/dev/aws/server.ts'
import { devConfigToml, devSource } from '../../src/dev/dev-files.ts'
import { createDevVault } from '../../src/dev/vault/server.ts'
import { createVaultAdmin, setUpVault } from '../../src/dev/vault-setup.ts'
import { startUserWithSystemd, type UserWithSystemd, whyNoUserSystemd } from '../support/helper-systemd.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'

const repository = join(import.meta.dirname, '../..')
const peers = ['systemd', 'systemctl', 'systemd-notify', 'useradd', 'userdel', 'getent', 'setpriv', 'ssh-add']

const reason = whyNoUserSystemd()
if (reason === undefined) {
  describeWithPeers('the systemd user service', peers, serviceTests)
} else if (process.env.CI === 'true') {
  throw new Error(`the systemd user service cannot be tested: ${reason}`)
} else {
  process.stderr.write(`SKIPPED the systemd user service: ${reason}\n`)
  describe.skip('the systemd user service', serviceTests)
}

function serviceTests() {
  let user: UserWithSystemd
  let account: DevAccount
  const awsActions: (string | null)[] = []
  const closers: (() => Promise<void>)[] = []

  const file = (...parts: string[]) => join(user.home, ...parts)
  const latchkey = (...args: string[]) => user.run(file('latchkey/dist/latchkey.cjs'), args)
  const systemctl = (...args: string[]) => user.run('systemctl', ['--user', ...args])
  const property = async (name: string) =>
    (await systemctl('show', 'latchkey.service', '--value', `--property=${name}`)).stdout.trim()
  const listKeys = () =>
    user.run('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: join(user.runtimeFolder, 'latchkey/agent.sock') } })
  const prompts = () =>
    existsSync(file('prompts.jsonl')) ? readFileSync(file('prompts.jsonl'), 'utf8').trim().split('\n') : []
  const credentials = async () => {
    const { status, stdout, stderr } = await latchkey('aws', 'credentials', 'dev')
    expect([status, stderr]).toEqual([0, ''])
    return JSON.parse(stdout) as { AccessKeyId: string }
  }

  beforeAll(async () => {
    user = await startUserWithSystemd()
    closers.push(user.close)
    installPackage(user.home)
    const vault = await createDevVault({ now: Date.now, log: () => {} })
    closers.push(vault.close)
    const aws = await createDevAws({ port: 0, now: Date.now, log: ({ action }) => awsActions.push(action) })
    closers.push(aws.close)
    account = await seedDevAccount(aws)
    const roleId = await setUpVault(createVaultAdmin(vault.address, vault.rootToken), {
      userName: user.name,
      secretIdFile: file('secret-id'),
      caPublicKeyFile: file('ca.pub'),
    })
    // Answers with the code that the test has put there.
    writeFileSync(file('prompt'), `#!/bin/sh\ncat ${file('code')}\n`, { mode: 0o755 })
    mkdirSync(file('.config/latchkey'), { recursive: true })
    const config = devConfigToml({
      vaultAddress: vault.address,
      roleId,
      secretIdFile: file('secret-id'),
      userName: user.name,
      mfaSerial: account.mfaSerial,
      roles: account.roles,
      region: 'us-east-1',
      keychainFile: file('keychain'),
      promptLog: file('prompts.jsonl'),
      promptProgram: file('prompt'),
    })
    writeFileSync(file('.config/latchkey/config.toml'), config)
    // What a person would put in with `systemctl --user edit latchkey`.
    mkdirSync(file('.config/systemd/user/latchkey.service.d'), { recursive: true })
    writeFileSync(
      file('.config/systemd/user/latchkey.service.d/test.conf'),
      `[Service]\nEnvironment=AWS_ENDPOINT_URL_STS=${aws.endpoint} AWS_ENDPOINT_URL_IAM=${aws.endpoint}\nStandardError=append:${file('daemon.log')}\n`,
    )
    user.own()
  })

  // systemd takes more than five starts in ten seconds for a broken service; here they are meant.
  beforeEach(() => systemctl('reset-failed', 'latchkey.service'))

  afterAll(async () => {
    for (const close of closers.reverse()) await close()
  })

  it('is installed as shown, and has been asked whether all is well', async () => {
    const dryRun = await latchkey('service', 'install', '--dry-run')
    expect(dryRun.status).toBe(0)
    expect(existsSync(file('.config/systemd/user/latchkey.service'))).toBe(false)

    const { status, stdout, stderr } = await latchkey('service', 'install')
    expect([status, stderr]).toEqual([0, ''])
    const unit = readFileSync(file('.config/systemd/user/latchkey.service'), 'utf8')
    for (const line of unit.trim().split('\n').filter(Boolean)) expect(stdout).toContain(line)
    expect(stdout).toContain('export SSH_AUTH_SOCK="$XDG_RUNTIME_DIR/latchkey/agent.sock"\n')
    expect((await systemctl('is-enabled', 'latchkey-agent.socket', 'latchkey-api.socket')).stdout).toBe(
      'enabled\nenabled\n',
    )
    expect((await systemctl('is-active', 'latchkey-agent.socket', 'latchkey-api.socket')).stdout).toBe(
      'active\nactive\n',
    )
    expect(await property('ActiveState')).toBe('active')
  })

  it('is started by a connection to its agent', async () => {
    await systemctl('stop', 'latchkey.service')
    const { status, stdout } = await listKeys()
    expect([status, readLog()]).toEqual([0, expect.any(String)])
    expect(stdout).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
    expect((await systemctl('status', '--no-pager', 'latchkey.service')).stdout).toContain('Active: active (running)')
    expect(await property('StatusText')).not.toBe('')
  })

  it('runs hardened', async () => {
    const status = readFileSync(`/proc/${await property('MainPID')}/status`, 'utf8')
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(status).toMatch(/^Seccomp:\t2$/m)
    expect(await property('MemorySwapMax')).toBe('0')
    expect(readFileSync(`/proc/${await property('MainPID')}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m)
  })

  it('asks for one MFA code', async () => {
    const key = `${account.accessKeyId}\n${account.secretAccessKey.expose()}\n`
    const added = await user.run(file('latchkey/dist/latchkey.cjs'), ['aws', 'keys', 'add', devSource], { input: key })
    expect([added.status, added.stderr]).toEqual([0, ''])
    writeFileSync(file('code'), `${totp(account.totpSecret.expose(), Date.now())}\n`)
    await credentials()
    expect(prompts()).toHaveLength(1)
    expect(awsActions.filter((action) => action === 'GetSessionToken')).toHaveLength(1)
  })

  it.each([
    ['stopped and started by the next connection', () => systemctl('stop', 'latchkey.service')],
    ['restarted', () => systemctl('restart', 'latchkey.service')],
    ['killed', () => systemctl('kill', '--signal=KILL', 'latchkey.service')],
  ])('keeps the MFA session when it is %s', async (_what, stop) => {
    const before = await property('MainPID')
    expect(await stop()).toMatchObject({ status: 0 })
    await credentials()
    expect(await property('ActiveState')).toBe('active')
    expect(await property('MainPID')).not.toBe(before)
    expect(prompts()).toHaveLength(1)
    expect(awsActions.filter((action) => action === 'GetSessionToken')).toHaveLength(1)
    expect((await listKeys()).stdout).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
  })

  it('reports that it is ready without koffi too', async () => {
    renameSync(file('latchkey/node_modules/koffi'), file('latchkey/koffi'))
    expect(await systemctl('restart', 'latchkey.service')).toMatchObject({ status: 0 })
    expect(await property('ActiveState')).toBe('active')
    expect(await property('StatusText')).not.toBe('')
    renameSync(file('latchkey/koffi'), file('latchkey/node_modules/koffi'))
  })

  it('leaves its sockets in place when it stops', async () => {
    await systemctl('stop', 'latchkey.service')
    expect(await property('Result')).toBe('success')
    for (const name of ['agent.sock', 'api.sock'])
      expect(existsSync(join(user.runtimeFolder, 'latchkey', name))).toBe(true)
  })

  it('shows its state', async () => {
    const { status, stdout, stderr } = await latchkey('service', 'status')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^latchkey\.service +active \(running\), indirect$/m)
    expect(stdout).toMatch(/^latchkey-api\.socket +active \(running\), enabled$/m)
    expect(stdout).toMatch(/^agent socket +\S+\/latchkey\/agent\.sock answers$/m)
    expect(stdout).toMatch(/^api socket +\S+\/latchkey\/api\.sock answers$/m)
  })

  it('finds that the latchkey which ssh runs is gone', async () => {
    const link = file('former-latchkey')
    symlinkSync(file('latchkey/dist/latchkey.cjs'), link)
    expect(await user.run(link, ['ssh', 'config', '--install'])).toMatchObject({ status: 0 })
    expect(await latchkey('service', 'status')).toMatchObject({ status: 0, stderr: '' })
    rmSync(link)
    const { status, stderr } = await latchkey('service', 'status')
    expect(status).toBe(1)
    expect(stderr).toMatch(/runs a latchkey that is gone: \S+former-latchkey\nhint: latchkey ssh config --install\n$/)
    expect(await latchkey('ssh', 'config', '--install')).toMatchObject({ status: 0 })
    expect(await latchkey('service', 'status')).toMatchObject({ status: 0, stderr: '' })
    expect(await latchkey('ssh', 'config', '--remove')).toMatchObject({ status: 0 })
  })

  it('is left alone by a second installation, and an edited unit by any', async () => {
    const again = await latchkey('service', 'install')
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('unchanged: ') as string })
    const unit = file('.config/systemd/user/latchkey.service')
    appendFileSync(unit, '# mine\n')
    const refused = await latchkey('service', 'install')
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('--force') as string })
    expect(readFileSync(unit, 'utf8')).toContain('# mine')
    expect(await latchkey('service', 'install', '--force')).toMatchObject({ status: 0 })
    expect(readFileSync(unit, 'utf8')).not.toContain('# mine')
  })

  it('says what to look at when the daemon cannot start, and starts when that is mended', async () => {
    await systemctl('stop', 'latchkey.service')
    renameSync(file('latchkey/dist/daemon.cjs'), file('latchkey/daemon.cjs'))
    const { status, stderr } = await latchkey('service', 'status')
    expect(status).toBe(1)
    expect(stderr).toContain('journalctl --user -u latchkey')
    renameSync(file('latchkey/daemon.cjs'), file('latchkey/dist/daemon.cjs'))
    expect(await latchkey('service', 'install')).toMatchObject({ status: 0 })
    expect(await latchkey('service', 'status')).toMatchObject({ status: 0, stderr: '' })
  })

  it.each([
    ['while it runs', async () => {}],
    ['before it starts', () => systemctl('stop', 'latchkey.service')],
  ])('shows a typo that is made %s wherever a person looks, and goes on', async (_when, prepare) => {
    await prepare()
    const config = file('.config/latchkey/config.toml')
    const right = readFileSync(config, 'utf8')
    writeFileSync(config, right.replace('[prompt]', '[prompt]\nprogam = "/x"'))
    const line = right.slice(0, right.indexOf('[prompt]')).split('\n').length + 1
    const mistake = `config.toml:${line}:1: prompt.progam: unknown key "progam": did you mean program?`
    await vi.waitUntil(async () => (await latchkey('status')).stdout.includes(mistake), { timeout: 30_000 })
    for (const args of [
      ['service', 'status'],
      ['service', 'install'],
    ]) {
      const { status, stdout, stderr } = await latchkey(...args)
      expect([status, stdout]).toEqual([1, expect.stringContaining(mistake)])
      expect(stderr).toContain('config.toml has mistakes\nhint: edit ')
      expect(stdout).not.toContain('the service is ready')
    }
    expect((await latchkey('config', 'check')).stdout).toContain(mistake)
    expect(await property('StatusText')).toContain('mistakes in config.toml: 1')
    expect((await listKeys()).stdout).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
    writeFileSync(config, right)
    await vi.waitUntil(async () => (await latchkey('service', 'status')).status === 0, { timeout: 30_000 })
  })

  it('is not installed over a daemon that was started otherwise', async () => {
    expect(await latchkey('service', 'uninstall')).toMatchObject({ status: 0, stderr: '' })
    await systemctl('daemon-reload')
    const unit = `--unit=other --collect --property=Type=notify --property=NotifyAccess=all`.split(' ')
    const started = await user.run('systemd-run', ['--user', ...unit, file('latchkey/dist/latchkey.cjs'), 'daemon'])
    expect(started).toMatchObject({ status: 0 })
    const refused = await latchkey('service', 'install')
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('listens on') as string })
    expect(existsSync(file('.config/systemd/user/latchkey.service'))).toBe(false)
    await systemctl('stop', 'other')
  })

  it('goes away without a trace', async () => {
    expect(await latchkey('service', 'install')).toMatchObject({ status: 0 })
    await credentials()
    const { status, stdout } = await latchkey('service', 'uninstall')
    expect(status).toBe(0)
    for (const name of ['latchkey.service', 'latchkey-agent.socket', 'latchkey-api.socket']) {
      expect(stdout).toContain(`removed ${file('.config/systemd/user', name)}\n`)
      expect(existsSync(file('.config/systemd/user', name))).toBe(false)
    }
    expect(existsSync(join(user.runtimeFolder, 'latchkey/agent.sock'))).toBe(false)
    expect(await property('LoadState')).toBe('not-found')
    expect(await latchkey('service', 'status')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('latchkey service install') as string,
    })
    expect(await latchkey('service', 'uninstall')).toMatchObject({
      status: 0,
      stdout: 'the service is not installed\n',
    })
  })

  function readLog(): string {
    return existsSync(file('daemon.log')) ? readFileSync(file('daemon.log'), 'utf8') : ''
  }
}

/** As npm would put it into a folder that the user can read. */
function installPackage(home: string): void {
  for (const part of ['packaging', 'node_modules/koffi', 'node_modules/@koromix', 'node_modules/@napi-rs']) {
    const from = join(repository, part)
    if (existsSync(from)) cpSync(from, join(home, 'latchkey', part), { recursive: true })
  }
  cpSync(dirname(latchkeyPath), join(home, 'latchkey/dist'), { recursive: true })
  // Root's own, as version managers install it, may lie where nobody else can read.
  cpSync(process.execPath, join(home, 'bin/node'))
}
