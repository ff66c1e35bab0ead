import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import type { TestVault } from '../support/dev-vault.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { scriptedVault } from '../support/vault-http.ts'
import { signingVault } from '../support/vault-network.ts'

/** Far less than the 8 s of a wait, far more than a list takes on a busy machine. */
const noWaitMs = 4_000

/** Two identities of each vault, whose addresses are given by their names. */
const configOf = (addresses: Readonly<Record<string, string>>) =>
  Object.entries(addresses)
    .map(
      ([name, address]) => `
[vault.${name}]
address = "${address}"
auth = { method = "token", token_file = "~/token-${name}" }
[ssh.identity.${name}]
vault = "${name}"
mount = "ssh"
role = "ops"
principals = ["jo"]
[ssh.identity.${name}-too]
vault = "${name}"
mount = "ssh"
role = "ops"
principals = ["jo"]
`,
    )
    .join('')

async function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  server.close()
  await once(server, 'close')
  return port
}

const unavailable = JSON.stringify({ errors: ['Vault is sealed'] })

/** Stands before a vault and answers 503 in its place as long as `isDown` says so. */
async function behindProxy(
  { vault }: TestVault,
  isDown: () => boolean,
): Promise<{ port: number; refusals: () => number }> {
  let refusals = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    if (!isDown()) {
      const upstream = connect(Number(new URL(vault.address).port), '127.0.0.1')
      upstream.on('error', () => socket.destroy())
      socket.pipe(upstream).pipe(socket)
      return
    }
    refusals += 1
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n`
    socket.once('data', () => socket.end(`${head}Content-Length: ${unavailable.length}\r\n\r\n${unavailable}`))
  })
  return { port: await listening(server), refusals: () => refusals }
}

/** Waits until something is so. */
const until = (isSo: () => boolean | Promise<boolean>) => expect.poll(isSo, { timeout: 60_000 }).toBe(true)

describeWithPeers('lists of keys while a vault is away', ['ssh-add', 'ssh-keygen'], () => {
  let daemon: BuiltDaemon | undefined

  afterEach(async () => {
    await daemon?.end('SIGTERM')
    daemon = undefined
  })

  /** Starts a daemon that has one added key, with the tokens of the vaults by name. */
  async function start(addresses: Readonly<Record<string, string>>, tokens: Readonly<Record<string, string>> = {}) {
    const folder = temporaryFolder()
    for (const name of Object.keys(addresses)) {
      await runOk('sh', [
        '-c',
        `umask 077; printf %s '${tokens[name] ?? 'hvs.any'}' > '${join(folder, `token-${name}`)}'`,
      ])
    }
    const running = await startBuiltDaemon(folder, configOf(addresses))
    daemon = running
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'added', '-f', join(folder, 'added')])
    await running.run('ssh-add', ['-q', join(folder, 'added')])
    /** Lists; the comments' first words, and how long it took. */
    const list = async () => {
      const beganMs = performance.now()
      const { stdout } = await running.run('ssh-add', ['-L'])
      const names = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[2]!)
      return { names, tookMs: performance.now() - beganMs }
    }
    const status = async () =>
      JSON.parse((await running.run(process.execPath, [latchkeyPath, 'status', '--json'])).stdout)
    return { folder, running, list, status }
  }

  it('wait for a silent one once, all together, and tell so while they wait', async () => {
    const silent = await scriptedVault()
    silent.on('POST ssh/sign/ops', 'hang')
    const { running, list, status } = await start({ corp: silent.address })
    const lists = Promise.all([list(), list(), list()])
    await until(() => running.log().includes('a list waits for a source of certificates'))
    expect((await status()).ssh.identities).toMatchObject([
      { error: { code: 'CERTIFICATE_WAIT' } },
      { error: { code: 'CERTIFICATE_WAIT' } },
    ])
    for (const { names, tookMs } of await lists) {
      expect(names).toEqual(['added'])
      expect(tookMs).toBeGreaterThan(noWaitMs)
      expect(tookMs).toBeLessThan(12_000)
    }
    // It never answers: whoever waited would wait for eight seconds more.
    for (let count = 0; count < 5; count += 1) {
      const { names, tookMs } = await list()
      expect(names).toEqual(['added'])
      expect(tookMs).toBeLessThan(noWaitMs)
    }
    expect(running.log().match(/a source of certificates is away/g)).toHaveLength(1)
    expect(await status()).toMatchObject({ vaults: [{ error: { code: 'CERTIFICATE_WAIT_TIMEOUT' } }] })
  })

  it('wait for one that refuses connections until it has done so a few times', async () => {
    const { running, list } = await start({ corp: `http://127.0.0.1:${await closedPort()}` })
    expect((await list()).tookMs).toBeLessThan(8_000)
    for (let count = 0; count < 5; count += 1) {
      const { names, tookMs } = await list()
      expect(names).toEqual(['added'])
      expect(tookMs).toBeLessThan(2_000)
    }
    expect(running.log().match(/a source of certificates is away/g)).toHaveLength(1)
  })

  it('wait once for one that answers 503, and have their certificates when it is back, without a list', async () => {
    const vault = await signingVault('1h')
    let isDown = true
    const proxy = await behindProxy(vault, () => isDown)
    const { running, list, status } = await start(
      { corp: `http://127.0.0.1:${proxy.port}` },
      { corp: vault.vault.rootToken },
    )
    expect((await list()).names).toEqual(['added'])
    const refusals = proxy.refusals()
    const { names, tookMs } = await list()
    expect(names).toEqual(['added'])
    expect(tookMs).toBeLessThan(2_000)
    // At most what goes on behind: three requests for each of the two.
    expect(proxy.refusals()).toBeLessThanOrEqual(refusals + 6)
    isDown = false
    await until(() => running.log().match(/ssh certificate issued/g)?.length === 2)
    expect(running.log()).toContain('a source of certificates is back')
    expect((await list()).names).toEqual(['corp:', 'corp-too:', 'added'])
    const { vaults, ssh } = await status()
    expect([...vaults, ...ssh.identities].filter(({ error }) => error !== undefined)).toEqual([])
  })

  it('have what one vault certifies, though another is silent', async () => {
    const vault = await signingVault('1h')
    const silent = await scriptedVault()
    silent.on('POST ssh/sign/ops', 'hang')
    const { list } = await start({ away: silent.address, corp: vault.vault.address }, { corp: vault.vault.rootToken })
    expect((await list()).names).toEqual(['corp:', 'corp-too:', 'added'])
    const { names, tookMs } = await list()
    expect(names).toEqual(['corp:', 'corp-too:', 'added'])
    expect(tookMs).toBeLessThan(noWaitMs)
  })

  it('do not ask again for what is refused, until somebody logs in', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 403, json: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } })
    vault.on('GET auth/token/lookup-self', { json: { data: { display_name: 'jo', policies: ['default'], ttl: 3600 } } })
    const { running, list } = await start({ corp: vault.address })
    const signs = () => vault.calls().filter((call) => call === 'POST ssh/sign/ops').length
    for (let count = 0; count < 5; count += 1) expect((await list()).names).toEqual(['added'])
    // One for each of the two identities.
    expect(signs()).toBe(2)
    expect(await running.run(process.execPath, [latchkeyPath, 'login', 'corp'])).toMatchObject({ status: 0 })
    for (let count = 0; count < 5; count += 1) await list()
    expect(signs()).toBe(4)
  })
})
