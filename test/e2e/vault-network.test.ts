import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import type { TestVault } from '../support/dev-vault.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import {
  autoAuthProxy,
  endlessServer,
  pem,
  pemPath,
  signingVault,
  standby,
  tlsFront,
} from '../support/vault-network.ts'

const ops = '[ssh.identity.ops]\nrole = "ops"\n'

describeWithPeers('a daemon in the environment of Vault’s own clients', ['ssh-add'], () => {
  let daemon: BuiltDaemon | undefined

  afterEach(async () => {
    await daemon?.end('SIGTERM')
    daemon = undefined
  })

  const start = async (toml: string, env: Record<string, string | undefined> = {}, folder = temporaryFolder()) => {
    daemon = await startBuiltDaemon(folder, `${toml}${ops}`, { env })
    return daemon
  }
  /** What a new list has. */
  const listed = async () => (await daemon!.run('ssh-add', ['-L'])).stdout
  const certified = async () => expect(await listed()).toContain('ssh-ed25519-cert-v01@openssh.com')
  const status = async () => {
    const { stdout } = await daemon!.run(process.execPath, [latchkeyPath, 'status', '--json'])
    return JSON.parse(stdout)
  }
  /** What the daemon says that is wrong, after a list that has nothing. */
  const failure = async () => {
    expect(await listed()).not.toContain('cert-v01')
    const { vaults } = await status()
    return vaults[0].error
  }
  const variables = (vault: TestVault, port: number, rest: Record<string, string | undefined> = {}) => ({
    VAULT_ADDR: `https://127.0.0.1:${port}`,
    VAULT_TOKEN: vault.vault.rootToken,
    ...rest,
  })

  it('needs no more than its variables; what BAO_ says wins', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const env = { BAO_ADDR: `https://127.0.0.1:${port}`, BAO_CACERT: pemPath('ca'), BAO_TOKEN: vault.vault.rootToken }
    await start('[vault.corp]\n', {
      ...env,
      VAULT_ADDR: 'https://127.0.0.1:1',
      VAULT_CACERT: '/no/such',
      VAULT_TOKEN: 'x',
    })
    await certified()
    expect((await status()).config).toMatchObject({ errors: [], warnings: [] })
  })

  it.each([
    ['the text of a CA', () => ({ VAULT_CACERT_BYTES: pem('ca') })],
    ['a folder of CAs', () => ({ VAULT_CAPATH: folderWith('ca', 'other-ca') })],
    ['a file of the system', () => ({ SSL_CERT_FILE: pemPath('ca') })],
    ['a folder of the system', () => ({ SSL_CERT_FILE: pemPath('other-ca'), SSL_CERT_DIR: folderWith('ca') })],
  ])('trusts %s', async (_, given) => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    await start('[vault.corp]\n', variables(vault, port, given()))
    await certified()
  })

  it('trusts no other CA beside the one that is named', async () => {
    const vault = await signingVault()
    const front = await tlsFront(vault, 'server')
    await start(
      '[vault.corp]\n',
      variables(vault, front.port, { VAULT_CACERT: pemPath('other-ca'), SSL_CERT_FILE: pemPath('ca') }),
    )
    expect(await failure()).toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)'),
      hint: expect.stringContaining('VAULT_CACERT'),
    })
    expect(front.received()).toBe('')
  })

  it('shows its client certificate, and asks for another name than that of the address', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'elsewhere', pem('ca'))
    const rest = {
      VAULT_CACERT: pemPath('ca'),
      VAULT_CLIENT_CERT: pemPath('client'),
      VAULT_CLIENT_KEY: ownKey('client-key'),
      VAULT_TLS_SERVER_NAME: 'elsewhere.example.test',
    }
    await start('[vault.corp]\n', variables(vault, port, rest))
    await certified()
  })

  it('obeys config.toml before its environment', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const env = variables(vault, port, {
      VAULT_CACERT: pemPath('other-ca'),
      VAULT_TLS_SERVER_NAME: 'nobody.example.test',
      VAULT_NAMESPACE: 'nowhere',
    })
    await start(`[vault.corp]\nca_file = "${pemPath('ca')}"\nserver_name = "vault.example.test"\nnamespace = ""\n`, env)
    await certified()
  })

  it('uses what is about one server for that one alone', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'token'), vault.vault.rootToken, { mode: 0o600 })
    const corp = `[vault.corp]\naddress = "https://127.0.0.1:${port}"\nca_file = "${pemPath('ca')}"\nauth = { method = "token", token_file = "~/token" }\n`
    const env = { VAULT_ADDR: 'https://other.example.test', VAULT_NAMESPACE: 'nowhere', VAULT_TLS_SERVER_NAME: 'x' }
    await start(corp, env, folder)
    await certified()
    expect((await status()).config.warnings).toEqual([
      expect.stringContaining('not used: VAULT_NAMESPACE, VAULT_TLS_SERVER_NAME'),
    ])
  })

  it('refuses VAULT_SKIP_VERIFY with the reason, and checks the certificate all the same', async () => {
    const vault = await signingVault()
    const front = await tlsFront(vault, 'server')
    await start('[vault.corp]\n', variables(vault, front.port, { VAULT_SKIP_VERIFY: '1', VAULT_RATE_LIMIT: '5' }))
    expect(await failure()).toMatchObject({ code: 'VAULT_TLS' })
    expect(front.received()).toBe('')
    expect((await status()).config.warnings).toEqual([
      expect.stringContaining('VAULT_RATE_LIMIT is not used'),
      expect.stringMatching(/VAULT_SKIP_VERIFY is refused: .* name its CA in ca_file/),
    ])
  })

  it('is without a vault whose variables name what is not there, and says which', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    await start('[vault.corp]\n', variables(vault, port, { VAULT_CACERT: '/no/such.pem' }))
    const { errors } = (await status()).config
    expect(errors.map(({ message }: { message: string }) => message)).toEqual([
      expect.stringMatching(/config\.toml:1:2: vault\.corp: VAULT_CACERT: \/no\/such\.pem does not exist/),
      expect.stringContaining('its vault "corp" is switched off'),
    ])
  })

  it('goes through the proxy of HTTPS_PROXY to a name that only that knows, unless NO_PROXY names it', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const proxy = await startConnectProxy({ hosts: { 'vault.example.test:8200': port }, login: 'jo:pw' })
    const env = {
      ...variables(vault, port, { VAULT_CACERT: pemPath('ca') }),
      VAULT_ADDR: 'https://vault.example.test:8200',
      HTTPS_PROXY: proxy.address.replace('://', '://jo:pw@'),
    }
    await start('[vault.corp]\n', env)
    await certified()
    expect(new Set(proxy.asked.map(({ authority }) => authority))).toEqual(new Set(['vault.example.test:8200']))
    await daemon!.end('SIGTERM')
    const asked = proxy.asked.length
    await start('[vault.corp]\n', { ...env, NO_PROXY: 'localhost,.example.test' })
    expect(await failure()).toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect(proxy.asked).toHaveLength(asked)
    expect(daemon!.log()).not.toMatch(/jo:pw|am86cHc/)
  })

  it('follows a redirect to a node of the same cluster, and takes its token to no other server', async () => {
    const vault = await signingVault()
    const active = await tlsFront(vault, 'server')
    const node = await standby('server', `https://localhost:${active.port}`)
    await start('[vault.corp]\n', variables(vault, node.port, { VAULT_CACERT: pemPath('ca') }))
    await certified()
    await daemon!.end('SIGTERM')

    const other = await tlsFront(vault, 'localhost')
    const liar = await standby('server', `https://localhost:${other.port}`)
    const env = variables(vault, liar.port, { VAULT_CACERT: pemPath('ca') })
    await start('[vault.corp]\n', env)
    expect(await failure()).toMatchObject({
      code: 'VAULT_REDIRECTED',
      message: expect.stringContaining('its certificate is not for 127.0.0.1 as well'),
      hint: expect.stringContaining('redirect_hosts'),
    })
    expect(liar.received()).toContain(vault.vault.rootToken)
    expect(other.received()).toBe('')
    await daemon!.end('SIGTERM')

    await start('[vault.corp]\nredirect_hosts = ["localhost"]\n', env)
    await certified()
    expect(other.received()).toContain(vault.vault.rootToken)
  })

  it('cuts an answer of a gigabyte', async () => {
    const vault = await signingVault()
    let sentBytes = 0
    const { port } = await endlessServer((bytes) => {
      sentBytes += bytes
    })
    const folder = temporaryFolder()
    daemon = await startBuiltDaemon(folder, `[vault.corp]\n${ops}`, {
      env: { VAULT_ADDR: `http://127.0.0.1:${port}`, VAULT_TOKEN: vault.vault.rootToken },
      tellsMemory: true,
    })
    const before = (await daemon.memoryUsage()).rss
    expect(await failure()).toMatchObject({
      code: 'VAULT_BAD_RESPONSE',
      message: expect.stringContaining('answers with more than 1048576 bytes'),
    })
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024)
    expect((await daemon.memoryUsage()).rss - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('sends no token to a proxy that has its own, on a socket, and goes on with the next login of that', async () => {
    const vault = await signingVault()
    const folder = temporaryFolder()
    const socket = join(folder, 'proxy.sock')
    const proxy = await autoAuthProxy(vault, socket)
    await start(
      `[vault.corp]\naddress = "unix://${socket}"\nauth = { method = "proxy" }\n`,
      { VAULT_TOKEN: 'hvs.mine' },
      folder,
    )
    await certified()
    const { stdout } = await daemon!.run(process.execPath, [latchkeyPath, 'login', 'corp'])
    expect(stdout).toContain('root')
    expect(new Set(proxy.tokens)).toEqual(new Set([undefined]))
  })
})

describeWithPeers('one config.toml for a whole team', ['ssh-add', 'ssh-keygen'], () => {
  const toml = `[vault.corp]
address = "https://\${VAULT_HOST}"
ca_file = "\${CERTIFICATES}/ca.pem"
auth = { method = "token", token_file = "~/\${TEAM}-token" }
${ops}principals = ["\${LOGIN}"]
`

  it('has what differs in variables of the daemon', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'ops-token'), vault.vault.rootToken, { mode: 0o600 })
    const env = { VAULT_HOST: `127.0.0.1:${port}`, CERTIFICATES: join(pemPath('ca'), '..'), TEAM: 'ops', LOGIN: 'jo' }
    const daemon = await startBuiltDaemon(folder, toml, { env })
    try {
      const { stdout } = await daemon.run('ssh-add', ['-L'])
      const seen = await daemon.run('ssh-keygen', ['-L', '-f', '-'], { input: stdout })
      expect(seen.stdout).toMatch(/Principals: \n\s+jo\n/)
    } finally {
      await daemon.end('SIGTERM')
    }
  })

  it('says with line and column which one is not set, and runs no program by one', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.toml')
    writeFileSync(path, toml, { mode: 0o600 })
    const env = {
      HOME: folder,
      LATCHKEY_CONFIG: path,
      VAULT_HOST: 'vault',
      CERTIFICATES: join(pemPath('ca'), '..'),
      TEAM: 'ops',
    }
    const { status, stdout, stderr } = await latchkey(['config', 'check'], { env })
    expect(status).toBe(1)
    expect(`${stdout}${stderr}`).toContain(`${path}:7:1: ssh.identity.ops.principals.0: the variable LOGIN is not set`)
    expect(readFileSync(path, 'utf8')).toBe(toml)
  })
})

function folderWith(...names: readonly string[]): string {
  const folder = temporaryFolder()
  for (const name of names) writeFileSync(join(folder, `${name}.pem`), pem(name))
  writeFileSync(join(folder, 'README'), 'no certificate')
  return folder
}

/** Keys of the tests are in the repository, where others may read them. */
function ownKey(name: string): string {
  const path = join(temporaryFolder(), 'key.pem')
  writeFileSync(path, pem(name), { mode: 0o600 })
  return path
}
