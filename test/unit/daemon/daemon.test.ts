import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AwsError } from '../../../src/aws/aws-error.ts'
import { parseSharedConfig, type SharedConfigTexts } from '../../../src/aws/config/shared-config.ts'
import type { StsClient } from '../../../src/aws/sts/sts-client.ts'
import { silentLogger } from '../../../src/core/log.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createSystemClock } from '../../../src/core/time/clock.ts'
import { createExtraCa } from '../../../src/daemon/config/extra-ca.ts'
import { type Daemon, type DaemonDeps, startDaemon } from '../../../src/daemon/daemon.ts'
import type { Keychain } from '../../../src/keychain/keychain.ts'
import { createMemoryKeychain } from '../../../src/keychain/memory-store.ts'
import { createPrompts } from '../../../src/prompts/broker.ts'
import { publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../src/ssh/public-key-line.ts'
import { callApi } from '../../support/api-call.ts'
import { stubConsole } from '../../support/aws-console.ts'
import { stubIam } from '../../support/aws-stub-iam.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const clock = createSystemClock(() => performance.now() / 1000)

/** STS that knows one key and takes the code 123456. */
const sts: StsClient = {
  clockSkewMs: () => 0,
  getCallerIdentity: async () => ({
    accountId: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/jo',
    region: 'us-east-1',
  }),
  async getSessionToken({ mfa }) {
    if (mfa?.code.expose() !== '123456') throw new AwsError('AWS_MFA_CODE_REFUSED', 'wrong code')
    return issued('ASIASESSION')
  },
  assumeRole: async () => issued('ASIAROLE'),
}
const issued = (accessKeyId: string) => ({
  accessKeyId,
  secretAccessKey: new Secret('role-secret'),
  sessionToken: new Secret('role-token'),
  expiresAtMs: clock.now() + 3_600_000,
})

const toml = `
[aws.source.master]
mfa_serial = "arn:aws:iam::111122223333:mfa/jo"
[aws.profile.dev]
account = "123456789012"
role = "Dev"
source = "master"
`

interface Running {
  daemon: Daemon
  agent: string
  api: string
}

const removeAllIdentities = Buffer.from([0, 0, 0, 1, 19])
const failure = Buffer.from([0, 0, 0, 1, 5])

async function run(
  folder: string,
  config: string,
  { keychain = createMemoryKeychain(), ...over }: Partial<DaemonDeps> & { keychain?: Keychain } = {},
): Promise<Running> {
  const daemon = await startDaemon({
    readConfigFile: async () => ({ type: 'text', text: config }),
    configFile: '/config.toml',
    staticKeysFile: join(folder, 'ssh-keys.json'),
    lockFile: join(folder, 'ssh-lock.json'),
    hostCasFile: join(folder, 'ssh-host-cas.json'),
    watchFolder: () => ({ close() {} }),
    onConfig: () => {},
    version: '1.2.3',
    pid: 7,
    uid: process.getuid?.(),
    limits: { agentConnections: () => 100, apiConnections: 100, poolSignatures: 1 },
    collectGarbage: () => {},
    clock,
    random: () => 0.5,
    log: silentLogger,
    environment: {},
    home: folder,
    openKeychain: async () => keychain,
    prompts: createPrompts({ clock, newId: () => 'lease-1' }),
    runMfaCommand: () => expect.unreachable(),
    notify: () => {},
    promptStatus: () => ({ terminal: true, programs: [], whyNoProgram: 'there is no screen' }),
    readText: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
    runProgram: () => Promise.reject(new Error('no program')),
    awsFiles: awsFilesWith({}),
    sts: async () => sts,
    iam: async () => stubIam(),
    ...stubConsole(),
    awsServices: {
      organizations: async () => ({ listAccounts: async () => [] }),
      ec2: async () => expect.unreachable(),
    },
    signIdentity: () => Promise.reject(new Error('nothing is signed')),
    runtimeFolder: folder,
    inheritedSockets: new Map(),
    extraCa: createExtraCa(undefined, silentLogger),
    systemCa: { paths: [], current: () => ({ certificates: async () => undefined }), refresh: async () => {} },
    resolveSrv: async () => [],
    readCaFolder: async () => '',
    peerOf: () => undefined,
    ...over,
  })
  onTestFinished(daemon.stop)
  return { daemon, agent: join(folder, 'agent.sock'), api: join(folder, 'api.sock') }
}

const awsFilesWith = (texts: SharedConfigTexts) => ({
  paths: { config: '/aws/config', credentials: '/aws/credentials' },
  read: async () => parseSharedConfig(texts),
})

/** Connects as soon as somebody listens. */
async function connected(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath)
  onTestFinished(() => void socket.destroy())
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  })
  return isConnected ? socket : connected(socketPath)
}

const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' }

describe('the daemon', () => {
  it('makes both sockets, for their owner alone, and removes them', async () => {
    const { daemon, agent, api } = await run(join(temporaryFolder(), 'run'), '')
    for (const socket of [agent, api]) expect(statSync(socket).mode & 0o777).toBe(0o600)
    await daemon.stop()
    expect([agent, api].map((socket) => existsSync(socket))).toEqual([false, false])
  })

  it('refuses to start beside another one, which goes on', async () => {
    const folder = join(temporaryFolder(), 'run')
    const { api } = await run(folder, '')
    await expect(run(folder, '')).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
    expect((await callApi(api, 'GET', '/v1/status')).status).toBe(200)
  })

  it('runs without a vault whose file is missing, and says where that is written', async () => {
    const config = `${toml}
[vault.lab]
address = "https://127.0.0.1:1"
ca_file = "/none.pem"
[vault.corp]
address = "http://127.0.0.1:1"
[ssh.identity.old]
vault = "lab"
role = "r"
`
    const { api } = await run(join(temporaryFolder(), 'run'), config)
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({
      vaults: [{ name: 'corp' }],
      ssh: { identities: [] },
      aws: { profiles: ['dev', 'master'] },
      config: {
        errors: [
          {
            section: 'vault.lab',
            effect: 'off',
            message: '/config.toml:11:1: vault.lab.ca_file: /none.pem does not exist',
          },
          {
            section: 'ssh.identity.old',
            effect: 'off',
            message: '/config.toml:15:1: ssh.identity.old.vault: its vault "lab" is switched off',
          },
        ],
      },
    })
    expect(await callApi(api, 'POST', '/v1/login', { body: { vault: 'lab' } })).toMatchObject({
      status: 409,
      body: { error: { code: 'CONFIG_INVALID', message: expect.stringContaining('/none.pem does not exist') } },
    })
    expect((await callApi(api, 'POST', '/v1/login', { body: {} })).body).toMatchObject({
      error: { code: 'VAULT_NOT_NAMED', message: 'there are several vaults: corp, lab' },
    })
  })

  it('serves nothing of AWS from a file that is no TOML, and touches no keychain', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), '[aws.source.m]\nx = nope\n', {
      awsFiles: awsFilesWith({ config: '[profile dev]\nregion = us-east-1\n' }),
    })
    const fault = { code: 'CONFIG_INVALID', message: expect.stringContaining('/config.toml:2:5: invalid value') }
    expect((await callApi(api, 'GET', '/v1/aws/credentials/dev')).body).toMatchObject({ error: fault })
    expect((await callApi(api, 'GET', '/v1/config')).body).toMatchObject({ errors: [{ ...fault, effect: 'off' }] })
    expect((await callApi(api, 'POST', '/v1/login', { body: {} })).body).toMatchObject({ error: fault })
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({
      keychain: { description: 'switched off' },
      aws: { error: fault },
    })
    expect((await callApi(api, 'PUT', '/v1/aws/keys/m', { body: key })).body).toMatchObject({
      error: fault,
    })
  })

  it('does not look elsewhere for a profile that is switched off', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml.replace('source = "master"', 'source = "mater"'), {
      awsFiles: awsFilesWith({ config: '[profile dev]\ncredential_process = latchkey aws credentials dev\n' }),
    })
    expect((await callApi(api, 'GET', '/v1/aws/credentials/dev')).body).toMatchObject({
      error: { message: expect.stringContaining('aws.profile.dev.source: unknown source or profile "mater"') },
    })
  })

  it.each([
    ['agent', Uint8Array.of(0, 0, 0, 1, 11), '\0\0\0\x05\x0c\0\0\0\0'],
    ['api', 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n', '"name":"corp"'],
  ])(
    'lets a connection to the %s wait that comes before its vaults are ready, and then answers it',
    async (name, request, answer) => {
      const folder = join(temporaryFolder(), 'run')
      let read = (_pem: string) => {}
      const pem = new Promise<string>((resolve) => {
        read = resolve
      })
      let isReading = false
      const config = '[vault.corp]\naddress = "https://127.0.0.1:1"\nca_file = "/ca.pem"\n'
      const running = run(folder, config, {
        readText(path) {
          isReading = path === '/ca.pem'
          return isReading ? pem : Promise.reject(new Error(path))
        },
      })
      const socket = await connected(join(folder, `${name}.sock`))
      const order: string[] = []
      const answered = once(socket, 'data').then(([data]) => {
        order.push('answered')
        return String(data)
      })
      socket.write(request)
      // From here on the vaults are all that is waited for.
      while (!isReading) await new Promise((resolve) => setImmediate(resolve))
      // It is all in this process: whoever is served is served within a few of these.
      for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      order.push('ready')
      read(readFileSync(join(import.meta.dirname, '../../vectors/tls/ca.pem'), 'utf8'))
      expect(await answered).toContain(answer)
      expect(order).toEqual(['ready', 'answered'])
      await running
    },
  )

  it('answers by an edit of the file that was made just before, reads it once, and waits for it no longer than a second', async () => {
    const configFile = join(temporaryFolder(), 'config.toml')
    writeFileSync(configFile, '')
    let [reads, isStuck] = [0, false]
    // Nothing that is watched ever says that it has changed.
    const { api } = await run(temporaryFolder(), '', {
      configFile,
      readConfigFile() {
        reads += 1
        return isStuck
          ? new Promise(() => {})
          : Promise.resolve({ type: 'text' as const, text: readFileSync(configFile, 'utf8') })
      },
    })
    const names = async () => {
      const { body } = await callApi(api, 'GET', '/v1/aws/profiles')
      return (body as { profiles: { name: string }[] }).profiles.map(({ name }) => name)
    }
    expect(await names()).toEqual([])
    const before = reads
    writeFileSync(configFile, toml)
    expect(await names()).toEqual(['dev', 'master'])
    expect(await names()).toEqual(['dev', 'master'])
    expect(reads).toBe(before + 1)
    isStuck = true
    writeFileSync(configFile, '')
    expect(await names()).toEqual(['dev', 'master'])
    expect(reads).toBe(before + 2)
  })

  it('answers nobody by what was before an edit that is just being read', async () => {
    const configFile = join(temporaryFolder(), 'config.toml')
    writeFileSync(configFile, '')
    let reads = 0
    let hold = Promise.resolve()
    const { api } = await run(temporaryFolder(), '', {
      configFile,
      async readConfigFile() {
        reads += 1
        await hold
        return { type: 'text', text: readFileSync(configFile, 'utf8') }
      },
    })
    const profiles = async () => (await callApi(api, 'GET', '/v1/aws/profiles')).body
    let release = () => {}
    hold = new Promise((resolve) => (release = resolve))
    const before = reads
    writeFileSync(configFile, toml)
    const first = profiles()
    while (reads === before) await new Promise((resolve) => setImmediate(resolve))
    const second = profiles()
    let isEarly = false
    void second.then(() => (isEarly = true))
    // As above: it would be answered within a few of these.
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(isEarly).toBe(false)
    release()
    const wanted = { profiles: [{ name: 'dev' }, { name: 'master' }] }
    expect(await Promise.all([first, second])).toMatchObject([wanted, wanted])
  })

  it('believes what a file is only once that is watched: it may have changed just before', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'ca.pem')
    let isWatched = false
    const { api } = await run(
      join(folder, 'run'),
      `[vault.corp]\naddress = "https://127.0.0.1:1"\nca_file = "${file}"\n`,
      {
        watchFolder(watched) {
          isWatched ||= watched === folder
          return { close() {} }
        },
        readText: async () =>
          isWatched
            ? readFileSync(join(import.meta.dirname, '../../vectors/tls/ca.pem'), 'utf8')
            : Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
      },
    )
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({ vaults: [{ name: 'corp' }] })
  })

  it('serves nobody else', async () => {
    const { agent } = await run(join(temporaryFolder(), 'run'), '', { peerOf: () => ({ pid: 1, uid: 4_000_000 }) })
    const socket = connect(agent)
    socket.on('error', () => {})
    await once(socket, 'close')
  })

  it('reports its state', async () => {
    const { api, agent } = await run(join(temporaryFolder(), 'run'), toml)
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({
      version: '1.2.3',
      pid: 7,
      configFile: '/config.toml',
      sockets: { agent, api },
      keychain: { description: 'memory' },
      ssh: { locked: false, addedKeys: 0, identities: [] },
      aws: { sessions: [], roles: [], profiles: ['dev', 'master'] },
    })
  })

  it('is locked after a restart as it was, before it answers anything', async () => {
    const folder = join(temporaryFolder(), 'run')
    const first = await run(folder, toml)
    expect((await callApi(first.api, 'POST', '/v1/ssh/lock', { body: {} })).body).toEqual({})
    await first.daemon.stop()
    const second = run(folder, toml)
    // It asks before the start has come to its end.
    const socket = await connected(first.agent)
    socket.write(removeAllIdentities)
    expect((await once(socket, 'data'))[0]).toEqual(failure)
    const { api } = await second
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({ ssh: { locked: true, isForPerson: true } })
  })

  it('lists the static keys of before from its first answer on', async () => {
    const folder = join(temporaryFolder(), 'run')
    await (await run(folder, '')).daemon.stop()
    const blob = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
    const keys = [{ name: 'deploy', key: formatPublicKeyLine(blob, 'deploy key') }]
    writeFileSync(join(folder, 'ssh-keys.json'), JSON.stringify({ version: 1, keys }), { mode: 0o600 })
    const second = run(folder, '')
    // It asks before the start has come to its end.
    const socket = await connected(join(folder, 'agent.sock'))
    socket.write(Uint8Array.of(0, 0, 0, 1, 11))
    expect(String((await once(socket, 'data'))[0])).toContain('deploy key')
    await second
  })

  it('keeps a key, asks its caller for a code on the same connection, and answers as credential_process must', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml)
    const { Agent } = await import('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    expect((await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })).status).toBe(200)
    expect((await callApi(api, 'GET', '/v1/aws/keys')).body).toEqual({
      keys: [{ source: 'master', accessKeyId: key.accessKeyId }],
    })
    const get = () =>
      callApi(api, 'GET', '/v1/aws/credentials/dev', { agent, headers: { 'latchkey-prompt': 'terminal' } })
    const answer = (code: string) => callApi(api, 'POST', '/v1/prompts/lease-1', { agent, body: { answer: code } })

    expect(await get()).toMatchObject({ status: 401, body: { error: { prompt: { kind: 'code' } } } })
    expect(await callApi(api, 'POST', '/v1/prompts/lease-1', { body: { answer: '123456' } })).toMatchObject({
      status: 404,
      body: { error: { code: 'PROMPT_GONE' } },
    })
    expect((await answer('000000')).status).toBe(204)
    expect(await get()).toMatchObject({ status: 401, body: { error: { prompt: { notice: expect.any(String) } } } })
    expect((await answer('123456')).status).toBe(204)
    const { status, body } = await get()
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        Version: 1,
        AccessKeyId: 'ASIAROLE',
        SecretAccessKey: 'role-secret',
        SessionToken: 'role-token',
        Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        AccountId: '123456789012',
      },
    })
    expect((await callApi(api, 'POST', '/v1/aws/forget', { body: { all: true } })).body).toMatchObject({
      forgotten: expect.arrayContaining(['session of master']),
    })
  })

  it.each([
    ['DELETE', '/v1/aws/keys/master', undefined],
    ['PUT', '/v1/aws/keys/master', { ...key, secretAccessKey: 'another-secret-of-jo' }],
    ['POST', '/v1/aws/forget', { profile: 'dev' }],
  ])(
    '%s %s withdraws the question of a login that is under way, which then says why it failed',
    async (method, path, body) => {
      const keychain = createMemoryKeychain()
      const { api } = await run(join(temporaryFolder(), 'run'), toml, { keychain })
      const { Agent } = await import('node:http')
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => agent.destroy())
      await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })
      const get = () =>
        callApi(api, 'GET', '/v1/aws/credentials/dev', { agent, headers: { 'latchkey-prompt': 'terminal' } })
      expect(await get()).toMatchObject({ status: 401, body: { error: { prompt: { id: 'lease-1' } } } })
      expect((await callApi(api, method, path, body === undefined ? {} : { body })).status).toBeLessThan(300)
      expect(await callApi(api, 'POST', '/v1/prompts/lease-1', { agent, body: { answer: '123456' } })).toMatchObject({
        status: 404,
        body: { error: { code: 'PROMPT_GONE' } },
      })
      expect(await get()).toMatchObject({
        status: 503,
        body: { error: { code: 'AWS_FORGOTTEN', hint: 'run the command again' } },
      })
      expect((await keychain.list()).filter((name) => name.startsWith('aws/session/'))).toEqual([])
    },
  )

  it('begins an MFA session on login, and reveals nothing of it', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml)
    const { Agent } = await import('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })
    const login = (body: object) =>
      callApi(api, 'POST', '/v1/aws/login', { agent, body, headers: { 'latchkey-prompt': 'terminal' } })
    expect(await login({ profile: 'dev' })).toMatchObject({
      status: 401,
      body: { error: { prompt: { id: 'lease-1' } } },
    })
    await callApi(api, 'POST', '/v1/prompts/lease-1', { agent, body: { answer: '123456' } })
    const { status, body } = await login({})
    expect(status).toBe(200)
    expect(Object.keys(body as object).sort()).toEqual(['expiresAt', 'isNew', 'mfaSerial', 'source'])
  })

  it('says why the name of a source is doubtful', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml)
    const standing = async (name: string) => (await callApi(api, 'GET', `/v1/aws/sources/${name}`)).body
    const section = { definedIn: 'config.toml', mfaSerial: 'arn:aws:iam::111122223333:mfa/jo' }
    expect(await standing('master')).toEqual({ section })
    expect(await standing('mastr')).toEqual({
      doubt: { reason: 'no source is called mastr; there is master', instead: ['master'] },
    })
  })

  it('assumes a role anew that no profile led to for a while', async () => {
    const clock = fakeClock()
    let config = toml.replace(/mfa_serial.*/, '')
    let change = () => {}
    let assumed = 0
    const { api } = await run(join(temporaryFolder(), 'run'), '', {
      clock,
      readConfigFile: async () => ({ type: 'text', text: config }),
      watchFolder(folder, onEntry) {
        if (folder === '/') change = () => onEntry('config.toml')
        return { close() {} }
      },
      sts: async () => ({
        ...sts,
        async assumeRole() {
          assumed += 1
          return { ...issued('ASIAROLE'), expiresAtMs: clock.now() + 3_600_000 }
        },
      }),
    })
    const profiles = async () => {
      const { body } = await callApi(api, 'GET', '/v1/status')
      return (body as { aws: { profiles: string[] } }).aws.profiles
    }
    const edit = async (text: string, after: readonly string[]) => {
      config = text
      change()
      clock.advance(1_000)
      while (String(await profiles()) !== String(after)) await new Promise((resolve) => setImmediate(resolve))
    }
    await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })
    const get = async () => (await callApi(api, 'GET', '/v1/aws/credentials/dev')).status
    expect([await get(), await get(), assumed]).toEqual([200, 200, 1])
    const whole = config
    await edit('[aws.source.master]\n', ['master'])
    await edit(whole, ['dev', 'master'])
    expect([await get(), assumed]).toEqual([200, 2])
  })

  it('asks nobody for a caller that does not allow it', async () => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml)
    await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })
    const headers = { 'latchkey-prompt': 'never' }
    expect(await callApi(api, 'GET', '/v1/aws/credentials/dev', { headers })).toMatchObject({
      status: 401,
      body: { error: { code: 'AWS_MFA_NEEDED' } },
    })
  })

  it.each([
    ['GET', '/v1/aws/credentials/dve', undefined, 404, 'AWS_PROFILE_UNKNOWN'],
    ['POST', '/v1/login', {}, 404, 'VAULT_UNKNOWN'],
    ['DELETE', '/v1/aws/keys/none', undefined, 404, 'KEY_UNKNOWN'],
    ['POST', '/v1/aws/forget', { profile: 5 }, 400, 'REQUEST_INVALID'],
    [
      'PUT',
      '/v1/aws/keys/x',
      { accessKeyId: 'ASIA', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' },
      400,
      'REQUEST_INVALID',
    ],
    ['POST', '/v1/prompts/none', { answer: 'x' }, 404, 'PROMPT_GONE'],
  ])('%s %s with %j is answered with %i', async (method, path, body, status, code) => {
    const { api } = await run(join(temporaryFolder(), 'run'), toml)
    const answer = await callApi(api, method, path, body === undefined ? {} : { body })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect(JSON.stringify(answer)).not.toContain('wJalrXUtnFEMI')
  })

  it('names the vaults when one must be chosen', async () => {
    const config = '[vault.a]\naddress = "http://127.0.0.1:1"\n[vault.b]\naddress = "http://127.0.0.1:1"\n'
    const { api } = await run(join(temporaryFolder(), 'run'), config)
    expect((await callApi(api, 'POST', '/v1/login')).body).toMatchObject({
      error: {
        code: 'VAULT_NOT_NAMED',
        message: 'there are several vaults: a, b',
        hint: 'name one, such as: latchkey login a',
      },
    })
    expect((await callApi(api, 'POST', '/v1/logout', { body: { vault: 'c' } })).body).toMatchObject({
      error: { code: 'VAULT_UNKNOWN', hint: 'latchkey logout a' },
    })
  })

  it('sends the token of one server to no other, and goes on with everything else', async () => {
    const received: string[] = []
    const open = async (name: string) => {
      const server = createServer(({ url, headers }, response) => {
        received.push(`${name} ${url} ${String(headers['x-vault-token'])}`)
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ data: { ttl: 0 } }))
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      return `http://127.0.0.1:${(server.address() as { port: number }).port}`
    }
    const [a, b, own] = [await open('a'), await open('b'), await open('own')]
    const config = `${toml}
[vault.a]
address = "${a}"
[vault.b]
address = "${b}"
[vault.own]
address = "${own}"
auth = { method = "token", token_file = "/own-token" }
[ssh.identity.ops]
vault = "b"
role = "ops"
`
    const helped: string[] = []
    const over = {
      readText: async (path: string) => {
        if (path === '/own-token') return 'hvs.own'
        if (path.endsWith('/.vault')) return 'token_helper = "/helper"'
        throw Object.assign(new Error('none'), { code: 'ENOENT' })
      },
      runProgram: async () => String(helped.push('asked')),
    }
    const folder = join(temporaryFolder(), 'run')
    for (const environment of [{ VAULT_TOKEN: 'hvs.shared' }, {}]) {
      const { api, daemon } = await run(folder, config, { ...over, environment })
      for (const vault of ['a', 'b']) {
        expect(await callApi(api, 'POST', '/v1/login', { body: { vault } })).toMatchObject({
          status: 409,
          body: { error: { code: 'VAULT_CONFIG', hint: expect.stringContaining('token_file') } },
        })
      }
      expect((await callApi(api, 'POST', '/v1/login', { body: { vault: 'own' } })).status).toBe(200)
      expect((await callApi(api, 'PUT', '/v1/aws/keys/master', { body: key })).status).toBe(200)
      expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({
        vaults: [
          { name: 'a', state: 'logged-out', error: { code: 'VAULT_CONFIG', hint: expect.any(String) } },
          { name: 'b', state: 'logged-out', error: { code: 'VAULT_CONFIG' } },
          { name: 'own', state: 'logged-in' },
        ],
      })
      await daemon.stop()
    }
    expect(helped).toEqual([])
    expect(received).toEqual(Array.from({ length: 2 }, () => 'own /v1/auth/token/lookup-self hvs.own'))

    // With an address the token is whose it says.
    const { api } = await run(folder, config, {
      ...over,
      environment: { VAULT_TOKEN: 'hvs.shared', VAULT_ADDR: `${a}/` },
    })
    await callApi(api, 'POST', '/v1/login', { body: { vault: 'a' } })
    await callApi(api, 'POST', '/v1/login', { body: { vault: 'b' } })
    expect(received.slice(2)).toEqual(['a /v1/auth/token/lookup-self hvs.shared'])
  })

  it('answers a list without the identity that Vault refuses, and reports why', async () => {
    const denied = JSON.stringify({ errors: ['1 error occurred:\n\t* permission denied\n\n'] })
    const vault = createServer((_, response) => {
      response.writeHead(403, { 'Content-Type': 'application/json' }).end(denied)
    }).listen(0, '127.0.0.1')
    await once(vault, 'listening')
    onTestFinished(() => void vault.close())
    const { port } = vault.address() as { port: number }
    const config = `[vault.corp]\naddress = "http://127.0.0.1:${port}"\n[ssh.identity.ops]\nrole = "ops"\n`
    const { agent, api } = await run(join(temporaryFolder(), 'run'), config, { environment: { VAULT_TOKEN: 'hvs.x' } })
    const ssh = connect(agent)
    onTestFinished(() => void ssh.destroy())
    ssh.write(Uint8Array.of(0, 0, 0, 1, 11))
    const [answer] = (await once(ssh, 'data')) as [Buffer]
    // SSH_AGENT_IDENTITIES_ANSWER with none (RFC 9987 §5.5).
    expect([...answer]).toEqual([0, 0, 0, 5, 12, 0, 0, 0, 0])
    expect((await callApi(api, 'GET', '/v1/status')).body).toMatchObject({
      ssh: { identities: [{ name: 'ops', vault: 'corp', state: 'none', error: { code: 'VAULT_DENIED' } }] },
      vaults: [{ name: 'corp', method: 'token', state: 'logged-in' }],
    })
  })
})
