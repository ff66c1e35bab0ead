import { execFileSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { onLoopback } from '../../src/dev/loopback.ts'
import { createDevVault, type DevVault } from '../../src/dev/vault/server.ts'
import { createVaultAdmin, setUpVault } from '../../src/dev/vault-setup.ts'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import { callApi } from '../support/api-call.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 30_000, interval: 20 }
let vault: DevVault
let vaultToml: string
const calls: string[] = []
const folder = makeFolder()

beforeAll(async () => {
  vault = await createDevVault({
    listen: onLoopback(0),
    now: Date.now,
    log: ({ path }) => calls.push(path),
  })
  const secretIdFile = join(folder, 'secret-id')
  const roleId = await setUpVault(createVaultAdmin(vault.address, vault.rootToken), {
    userName: 'jo',
    secretIdFile,
    caPublicKeyFile: join(folder, 'ca.pub'),
  })
  vaultToml = `[vault.dev]
address = "${vault.address}"
auth = { method = "approle", role_id = "${roleId}", secret_id_file = "${secretIdFile}" }
`
})
afterAll(async () => {
  await vault.close()
  removeFolder(folder)
})

const identity = (name: string, more = '') => `[ssh.identity.${name}]\nrole = "dev"\nprincipals = ["jo"]\n${more}`
const memory = '[keychain]\nstore = "memory"\n'
const tomlOf = (...parts: string[]) => [vaultToml, memory, ...parts].join('')

/** A daemon whose configuration is a file in a folder of its own, beside which an editor can work. */
async function startWith(toml: string, under: (folder: string) => string = (home) => join(home, 'etc')) {
  const home = temporaryFolder()
  const etc = under(home)
  mkdirSync(etc, { recursive: true })
  const config = join(etc, 'config.toml')
  writeFileSync(config, toml)
  const daemon = await startBuiltDaemon(home, '', { env: { LATCHKEY_CONFIG: config } })
  onTestFinished(async () => void (await daemon.end('SIGKILL')))
  return { daemon, config, home }
}

const statusOf = async (daemon: BuiltDaemon) => (await callApi(daemon.sockets.api, 'GET', '/v1/status')).body as Status
const namesOf = async (daemon: BuiltDaemon) => (await statusOf(daemon)).ssh.identities.map(({ name }) => name)
const listed = async (daemon: BuiltDaemon) => (await daemon.run('ssh-add', ['-L'])).stdout.trim().split('\n')
const until = (isTrue: () => Promise<boolean>) => vi.waitUntil(isTrue, patience)

/** As vim and most editors do it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

describe('an edit of config.toml', () => {
  it('counts within a second, and what is the same keeps key, certificate and login', async () => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    const [before] = await listed(daemon)
    const logins = calls.filter((path) => path.endsWith('approle/login')).length
    const delays: number[] = []
    for (const names of [['ops', 'one'], ['ops', 'two'], ['ops']]) {
      const startedMs = performance.now()
      replace(config, tomlOf(...names.map((name) => identity(name))))
      await until(async () => (await namesOf(daemon)).join() === names.join())
      delays.push(performance.now() - startedMs)
    }
    // The best of them: others share this machine.
    expect(Math.min(...delays)).toBeLessThan(1_000)
    expect(await listed(daemon)).toEqual([before])
    expect(calls.filter((path) => path.endsWith('approle/login'))).toHaveLength(logins)
    // Another timeout is another way to the same server.
    replace(config, tomlOf(identity('ops')).replace('[keychain]', 'timeout = "9s"\n[keychain]'))
    await until(async () => daemon.log().includes('the connection to a vault has changed'))
    expect(await listed(daemon)).toEqual([before])
    expect(calls.filter((path) => path.endsWith('approle/login'))).toHaveLength(logins)
  })

  it('reaches connections that are open, both ways', async () => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    const [before] = await listed(daemon)
    replace(config, tomlOf(identity('ops', 'ttl = "10m"\n')))
    await until(async () => (await listed(daemon))[0] !== before)
    replace(config, tomlOf())
    await until(async () => (await listed(daemon))[0] === 'The agent has no identities.')
  })

  it('through links counts too: of the file, and of a folder above it', async () => {
    const { daemon, home } = await startWith(tomlOf(identity('a')), (home) => {
      mkdirSync(join(home, 'farm/one'), { recursive: true })
      symlinkSync('one', join(home, 'farm/now'))
      return join(home, 'farm/now')
    })
    mkdirSync(join(home, 'farm/two'))
    writeFileSync(join(home, 'farm/two/real.toml'), tomlOf(identity('b')))
    symlinkSync('real.toml', join(home, 'farm/two/config.toml'))
    symlinkSync('two', join(home, 'farm/next'))
    renameSync(join(home, 'farm/next'), join(home, 'farm/now'))
    await until(async () => (await namesOf(daemon)).join() === 'b')
    replace(join(home, 'farm/two/real.toml'), tomlOf(identity('c')))
    await until(async () => (await namesOf(daemon)).join() === 'c')
    // The whole folder, in the place of the one that was there.
    mkdirSync(join(home, 'other'))
    writeFileSync(join(home, 'other/config.toml'), tomlOf(identity('d')))
    renameSync(join(home, 'farm/two'), join(home, 'farm/old'))
    renameSync(join(home, 'other'), join(home, 'farm/two'))
    await until(async () => (await namesOf(daemon)).join() === 'd')
  })

  it('that is half written drops nothing', async () => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    const [before] = await listed(daemon)
    const whole = tomlOf(identity('ops'), identity('late'))
    const file = openSync(config, 'w')
    writeSync(file, whole.slice(0, whole.indexOf('role =') + 8))
    await until(async () => ((await statusOf(daemon)).config?.errors.length ?? 0) > 0)
    expect(await listed(daemon)).toEqual([before])
    writeSync(file, whole.slice(whole.indexOf('role =') + 8))
    closeSync(file)
    await until(async () => (await namesOf(daemon)).join() === 'ops,late')
    expect((await listed(daemon))[0]).toBe(before)
    expect((await statusOf(daemon)).config?.errors).toEqual([])
  })

  it.each([
    ['no TOML', (config: string) => replace(config, `${tomlOf()}no such field = 1\n`), /:\d+:\d+: /],
    ['a pipe', (config: string) => execFileSync('sh', ['-c', `rm "$0" && mkfifo "$0"`, config]), /is a pipe/],
    ['a folder', (config: string) => execFileSync('sh', ['-c', `rm "$0" && mkdir "$0"`, config]), /is a folder/],
    [
      'a section with a typo',
      (config: string) => replace(config, tomlOf(identity('ops', 'rol = 1\n'))),
      /:\d+:1: ssh\.identity\.ops\.rol: /,
    ],
    [
      'misspelled as a whole',
      (config: string) => replace(config, tomlOf(identity('ops').replace('identity', 'identiy'))),
      /identiy/,
    ],
  ])('that makes it %s keeps what runs, and is said with its place', async (_what, edit, expected) => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    const [before] = await listed(daemon)
    edit(config)
    await until(async () => ((await statusOf(daemon)).config?.errors.length ?? 0) > 0)
    const { stdout } = await daemon.run(latchkeyPath, ['status'])
    expect(stdout).toMatch(expected)
    expect(await listed(daemon)).toEqual([before])
    expect(daemon.log()).toMatch(expected)
    rmSync(config, { recursive: true })
    writeFileSync(config, tomlOf(identity('ops'), identity('new')))
    await until(async () => (await namesOf(daemon)).join() === 'ops,new')
    expect((await listed(daemon))[0]).toBe(before)
  })

  it.runIf(process.getuid!() === 0)("that makes it another user's keeps what runs", async () => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    writeFileSync(`${config}.new`, '')
    chownSync(`${config}.new`, 65534, 65534)
    renameSync(`${config}.new`, config)
    await until(async () => ((await statusOf(daemon)).config?.errors.length ?? 0) > 0)
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain('belongs to another user (uid 65534')
    expect(await namesOf(daemon)).toEqual(['ops'])
  })

  it('that takes the file away keeps what runs, with a warning', async () => {
    const { daemon, config } = await startWith(tomlOf(identity('ops')))
    rmSync(config)
    await until(async () => ((await statusOf(daemon)).config?.warnings ?? []).some((text) => text.includes('is gone')))
    expect(await namesOf(daemon)).toEqual(['ops'])
  })

  it('of [keychain] says that it waits for a restart', async () => {
    const { daemon, config, home } = await startWith(tomlOf())
    replace(config, tomlOf().replace('store = "memory"', `store = "file"\nfile = "${join(home, 'keychain')}"`))
    await until(async () => ((await statusOf(daemon)).config?.warnings ?? []).length > 0)
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain('[keychain] has changed: restart the daemon')
    expect((await statusOf(daemon)).keychain.description).toBe('memory')
  })
})

describe('a daemon that is started with a bad file', () => {
  it('has added keys and a status where it is no TOML, and everything once that is mended', async () => {
    const { daemon, config, home } = await startWith('[vault.dev\n')
    const key = join(home, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    expect((await daemon.run('ssh-add', [key])).status).toBe(0)
    expect(await listed(daemon)).toHaveLength(1)
    const { status, stdout } = await daemon.run(latchkeyPath, ['status'])
    expect([status, stdout]).toEqual([0, expect.stringContaining(`${config}:1:`)])
    expect((await daemon.run(latchkeyPath, ['aws', 'keys', 'list'])).stderr).toContain('switched off')
    replace(config, tomlOf(identity('ops')))
    await until(async () => (await listed(daemon)).length === 2)
    expect((await daemon.run(latchkeyPath, ['aws', 'keys', 'list'])).status).toBe(0)
  })

  it('runs without the vault whose CA file is missing, and with it as soon as the file is there', async () => {
    const home = temporaryFolder()
    const ca = join(home, 'tls/ca.pem')
    const lab = `[vault.lab]\naddress = "https://127.0.0.1:1"\nca_file = "${ca}"\n`
    const { daemon } = await startWith(
      tomlOf(identity('ops', 'vault = "dev"\n'), lab, identity('far', 'vault = "lab"\n')),
    )
    expect(await namesOf(daemon)).toEqual(['ops'])
    expect((await listed(daemon))[0]).toContain('ssh-ed25519-cert')
    const login = await daemon.run(latchkeyPath, ['login', 'lab'])
    expect(login.stderr).toContain(`vault.lab.ca_file: ${ca} does not exist`)
    mkdirSync(join(home, 'tls'))
    execFileSync('cp', [join(import.meta.dirname, '../vectors/tls/ca.pem'), ca])
    await until(async () => (await namesOf(daemon)).join() === 'ops,far')
    expect((await statusOf(daemon)).config?.errors).toEqual([])
  })
})

describe('latchkey config check', () => {
  const check = async (toml: string, env: Record<string, string> = {}, args: string[] = []) => {
    const home = temporaryFolder()
    const config = join(home, 'config.toml')
    writeFileSync(config, toml)
    const checked = await latchkey(['config', 'check', ...args], {
      env: { HOME: home, LATCHKEY_CONFIG: config, ...env },
    })
    return { ...checked, config }
  }

  it('shows every mistake with its place, in the file and in what it names, and needs no daemon', async () => {
    const toml = `[vault.a]
address = "https://a"
ca_file = "/none.pem"
namspace = "n"
tmeout = "1s"
[vault.b]
address = "https://b"
ca_file = "/none.pem"
[ssh.identity.i]
vault = "b"
role = "r"
principals = ["a,root"]
[log]
level = "loud"
`
    const { status, stdout, stderr, config } = await check(toml)
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout.split('\n')).toEqual([
      `${config}:4:1: vault.a.namspace: unknown key "namspace": did you mean namespace?`,
      `${config}:5:1: vault.a.tmeout: unknown key "tmeout": did you mean timeout?`,
      `${config}:8:1: vault.b.ca_file: /none.pem does not exist`,
      `${config}:12:1: ssh.identity.i.principals.0: a comma separates two principals: write ["a", "b"]`,
      `${config}:14:1: log.level: must be one of "debug", "info", "warn", "error"`,
      '',
    ])
  })

  it('accepts a correct file, and says what is ignored', async () => {
    const { status, stdout, config } = await check('[vault.a]\n', { VAULT_ADDR: 'https://v', VAULT_MFA: 'team' })
    expect([status, stdout]).toEqual([
      0,
      `${config}: warning: VAULT_MFA is not used: codes are asked for\n${config}: no mistakes\n`,
    ])
    const json = await check('x', {}, ['--json'])
    expect([json.status, JSON.parse(json.stdout)]).toMatchObject([
      1,
      { file: json.config, errors: [{ effect: 'off' }] },
    ])
    const missing = await latchkey(['config', 'check'], { env: { LATCHKEY_CONFIG: '/none/config.toml' } })
    expect([missing.status, missing.stdout]).toEqual([
      1,
      'LATCHKEY_CONFIG is /none/config.toml, and there is no such file\n  hint: correct LATCHKEY_CONFIG where the daemon is started, or write the file\n',
    ])
    const unnamed = await latchkey(['config', 'check'], { env: { LATCHKEY_CONFIG: '', XDG_CONFIG_HOME: '/none' } })
    expect([unnamed.status, unnamed.stdout]).toEqual([
      0,
      '/none/latchkey/config.toml: warning: nothing is configured: it is empty, or there is no such file\n/none/latchkey/config.toml: no mistakes\n',
    ])
  })
})
