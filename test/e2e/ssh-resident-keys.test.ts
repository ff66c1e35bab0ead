import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { createFrameDecoder, maxFrameBytes } from '../../src/agent/protocol/frame.ts'
import { number } from '../support/agent-messages.ts'
import { framed } from '../support/agent-stream.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { type StockAgent, skProvider, startStockAgent } from '../support/stock-agent.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const residentKeys = join(import.meta.dirname, '../support/resident-keys.mjs')
const names = ['first', 'second'] as const
const patience = { timeout: 20_000, interval: 100 }

let folder: string
let stock: StockAgent
let token: Readonly<Record<string, string>>
const at = (name: string) => join(folder, name)
/** What ssh lists of a key: no comment is on the token. */
const line = (name: string) =>
  `${readFileSync(at(`${name}.pub`), 'utf8')
    .split(' ', 2)
    .join(' ')} \n`

async function start(socket: string, adds: readonly string[]): Promise<BuiltDaemon> {
  const toml = `[ssh.upstream.token]\nsocket = "${socket}"\nadds = ${JSON.stringify(adds)}\n`
  const daemon = await startBuiltDaemon(temporaryFolder(), toml)
  onTestFinished(async () => void (await daemon.end('SIGTERM')))
  return daemon
}
const list = async (daemon: BuiltDaemon) => (await daemon.run('ssh-add', ['-L'])).stdout
const load = (daemon: Pick<BuiltDaemon, 'run'>, ...options: readonly string[]) =>
  daemon.run('ssh-add', [...options, '-K'], { env: token })

/** An agent that takes everything, and keeps it as it came. */
async function startRecorder() {
  const socket = join(temporaryFolder(), 'recorder.sock')
  const messages: Buffer[] = []
  const server = createServer((client) => {
    const decoder = createFrameDecoder(maxFrameBytes)
    client.on('data', (chunk) => {
      decoder.push(chunk)
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        messages.push(Buffer.from(message))
        client.write(framed(Buffer.of(6)))
      }
    })
  }).listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { socket, added: () => messages.splice(0).filter(([type]) => type !== number.extension) }
}

describeWithPeers(
  'the resident keys of a security key',
  ['ssh-add', 'ssh-agent', 'ssh-keygen', `library:${skProvider}`],
  () => {
    beforeAll(async () => {
      folder = makeFolder()
      stock = await startStockAgent(at('stock.sock'))
      writeFileSync(at('askpass'), '#!/bin/sh\necho 4711\n', { mode: 0o700 })
      token = {
        SSH_SK_PROVIDER: skProvider,
        SSH_SK_HELPER: residentKeys,
        RESIDENT_KEYS: names.map(at).join(':'),
        SSH_ASKPASS: at('askpass'),
        SSH_ASKPASS_REQUIRE: 'force',
      }
      for (const name of names)
        await runOk('ssh-keygen', ['-q', '-t', 'ed25519-sk', '-N', '', '-f', at(name)], {
          env: { SSH_SK_PROVIDER: skProvider },
        })
    })
    afterAll(async () => {
      await stock?.stop()
      removeFolder(folder)
    })

    it('are added by ssh-add -K, all of them, sign, and go with ssh-add -D', async () => {
      const daemon = await start(stock.socket, ['sk'])
      const { status, stderr } = await load(daemon)
      expect([status, stderr.match(/^Resident identity added: ED25519-SK /gm)?.length]).toEqual([0, 2])
      expect(await list(daemon)).toBe(names.map(line).join(''))
      for (const name of names)
        expect(await daemon.run('ssh-add', ['-T', at(`${name}.pub`)])).toMatchObject({ status: 0 })
      expect(await daemon.run('ssh-add', ['-D'])).toMatchObject({ status: 0 })
      expect((await run('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: stock.socket } })).stdout).toBe(
        'The agent has no identities.\n',
      )
    })

    it('end with their lifetime, both of them', async () => {
      const daemon = await start(stock.socket, ['sk'])
      expect(await load(daemon, '-t', '1')).toMatchObject({ status: 0 })
      await vi.waitFor(async () => expect(await list(daemon)).toBe('The agent has no identities.\n'), patience)
    })

    it('are refused where no agent takes them, and the log and the status name the setting', async () => {
      const daemon = await start(stock.socket, ['pkcs11'])
      expect(await load(daemon)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^Unable to add key ED25519-SK SHA256:\S+$/m),
      })
      expect(await list(daemon)).toBe('The agent has no identities.\n')
      const { ssh } = JSON.parse((await daemon.run(latchkeyPath, ['status', '--json'])).stdout)
      const said = 'adds = ["sk"] in the [ssh.upstream.NAME] of the agent that is to hold them, in config.toml'
      expect(ssh.notices[0].reason).toContain(said)
      expect(daemon.log().replaceAll('\\"', '"')).toContain(said)
    })

    it('reach the agent that takes them byte for byte, with all constraints, and no other one', async () => {
      const [own, behind, other] = [await startRecorder(), await startRecorder(), await startRecorder()]
      const toml = `[ssh.upstream.other]\nsocket = "${other.socket}"\nadds = ["pkcs11"]
[ssh.upstream.token]\nsocket = "${behind.socket}"\nadds = ["sk"]\n`
      const daemon = await startBuiltDaemon(temporaryFolder(), toml)
      onTestFinished(async () => void (await daemon.end('SIGTERM')))
      const direct = { SSH_AUTH_SOCK: own.socket }
      const directly: Pick<BuiltDaemon, 'run'> = {
        run: (command, args, options) => run(command, args, { env: { ...direct, ...options?.env } }),
      }
      for (const options of [[], ['-c'], ['-t', '3600'], ['-c', '-t', '3600']]) {
        expect(await load(directly, ...options)).toMatchObject({ status: 0 })
        expect(await load(daemon, ...options)).toMatchObject({ status: 0 })
        const sent = own.added()
        // With the constraint that names the library these are never 17.
        expect(sent.map(([type]) => type)).toEqual([number.addConstrained, number.addConstrained])
        expect(behind.added()).toEqual(sent)
        expect(String(sent[0])).toContain(skProvider)
      }
      expect(other.added()).toEqual([])
    })

    it('are not added while latchkey is locked', async () => {
      const daemon = await start(stock.socket, ['sk'])
      expect((await daemon.run(latchkeyPath, ['lock', '--no-passphrase'])).status).toBe(0)
      expect(await load(daemon)).toMatchObject({ status: 1 })
      expect(await stock.add('-l').catch(String)).toContain('The agent has no identities.')
    })
  },
)
