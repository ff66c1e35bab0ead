import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFrameDecoder, maxFrameBytes } from '../../src/agent/protocol/frame.ts'
import type { AgentRequest, AgentResponse } from '../../src/agent/protocol/messages.ts'
import { decodeRequest } from '../../src/agent/protocol/requests.ts'
import { encodeResponse } from '../../src/agent/protocol/responses.ts'
import { SshWriter } from '../../src/ssh/wire.ts'
import { empty, number, readIdentities } from '../support/agent-messages.ts'
import { createFrameReader, framed } from '../support/agent-stream.ts'
import { type BuiltDaemon, type BuiltDaemonOptions, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { maySeeDaemon } from '../support/processes.ts'
import { runOk } from '../support/run.ts'
import { startSshd } from '../support/sshd.ts'
import { type StockAgent, startStockAgent } from '../support/stock-agent.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
const patience = { timeout: 20_000, interval: 50 }
/** A user that has nothing here. */
const nobody = 65_534

let folder: string
const ends: (() => unknown)[] = []
const at = (name: string) => join(folder, name)
beforeEach(() => {
  folder = makeFolder()
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  removeFolder(folder)
})

const section = (name: string, socket: string, more = '') => `[ssh.upstream.${name}]\nsocket = "${socket}"\n${more}`
async function start(toml: string, options: BuiltDaemonOptions = {}): Promise<BuiltDaemon> {
  const daemon = await startBuiltDaemon(folder, toml, options)
  ends.push(() => daemon.end('SIGTERM'))
  return daemon
}
async function stock(name: string): Promise<StockAgent> {
  const agent = await startStockAgent(at(name))
  ends.push(agent.stop)
  return agent
}
async function keygen(name: string): Promise<string> {
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)])
  return at(name)
}
const blobIn = (file: string) => Buffer.from(readFileSync(`${file}.pub`, 'utf8').split(' ')[1]!, 'base64')
const comments = async (daemon: BuiltDaemon) =>
  [...(await daemon.run('ssh-add', ['-L'])).stdout.matchAll(/^ssh-\S+ \S+ (.*)$/gm)].map(([, comment]) => comment)

/** An agent of this process. */
async function fakeAgent(name: string, reply: (request: AgentRequest) => AgentResponse | Uint8Array | undefined) {
  const open = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    const decoder = createFrameDecoder(maxFrameBytes)
    open.add(socket)
    socket
      .on('error', () => {})
      .on('close', () => open.delete(socket))
      .on('data', (chunk) => {
        decoder.push(chunk)
        for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
          const request = decodeRequest(Buffer.from(message))
          requests.push(request.type)
          const answer = request.type === 'extension' ? ({ type: 'failure' } as const) : reply(request)
          if (answer !== undefined) socket.write(answer instanceof Uint8Array ? answer : encodeResponse(answer))
        }
      })
  }).listen(at(name))
  ends.push(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  await once(server, 'listening')
  return { socket: at(name), open, requests }
}

/** A client that has listed, and stays. @returns the comments that it was listed; undefined: it had to go */
async function lister(daemon: BuiltDaemon): Promise<readonly string[] | undefined> {
  const socket = connect(daemon.sockets.agent)
  ends.push(() => socket.destroy())
  const reader = createFrameReader(socket)
  socket.write(framed(empty(number.list)))
  const list = await reader.next()
  return list && readIdentities(list).map(({ comment }) => comment)
}

describeWithPeers('agents behind ours', ['ssh-add', 'ssh-agent', 'ssh-keygen', 'sshd', 'ssh'], () => {
  it.skipIf(process.getuid!() !== 0)('of another user are told nothing, not even a PIN', async () => {
    mkdirSync(at('world'))
    chmodSync(folder, 0o755)
    chmodSync(at('world'), 0o777)
    // It keeps what it gets, and says that it has done what was asked.
    const script = `const net = require('node:net'), fs = require('node:fs')
      process.umask(0)
      net.createServer((socket) => socket.on('data', (chunk) => {
        fs.appendFileSync('${at('world/got')}', chunk)
        socket.write(Buffer.of(0, 0, 0, 1, 6))
      })).listen('${at('world/agent.sock')}', () => console.log('listens'))`
    const other = spawn(process.execPath, ['-e', script], {
      uid: nobody,
      gid: nobody,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    ends.push(() => other.kill())
    await once(other.stdout, 'data')
    writeFileSync(at('askpass'), '#!/bin/sh\necho 4711\n', { mode: 0o700 })
    const daemon = await start(section('theirs', at('world/agent.sock'), 'adds = ["sk", "pkcs11"]\n'))
    const pin = { SSH_ASKPASS: at('askpass'), SSH_ASKPASS_REQUIRE: 'force' }
    expect((await daemon.run('ssh-add', ['-s', '/usr/lib/libany.so'], { env: pin })).status).toBe(1)
    expect(await comments(daemon)).toEqual([])
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain(
      `theirs: the agent theirs cannot be reached: ${at('world/agent.sock')} belongs to another user (uid ${nobody})`,
    )
    expect(readdirSync(at('world'))).toEqual(['agent.sock'])
  })

  it('are let go of when a client is killed that waits for a signature', async () => {
    const file = await keygen('touched')
    const agent = await fakeAgent('token.sock', ({ type }) =>
      type === 'request-identities'
        ? { type: 'identities-answer', identities: [{ keyBlob: blobIn(file), comment: 'touched' }] }
        : undefined,
    )
    const daemon = await start(section('token', agent.socket))
    writeFileSync(at('data'), 'data')
    const client = spawn('ssh-keygen', ['-Y', 'sign', '-U', '-f', `${file}.pub`, '-n', 'file', at('data')], {
      env: { ...process.env, ...daemon.env },
      stdio: 'ignore',
    })
    await vi.waitFor(() => expect(agent.requests).toContain('sign-request'), patience)
    // As long as the client waits, so does the signature.
    expect(agent.open.size).toBe(1)
    client.kill('SIGKILL')
    await vi.waitFor(() => expect(agent.open.size).toBe(0), patience)
    await vi.waitFor(
      async () => expect(daemon.log()).toContain('the client did not wait for the agent token'),
      patience,
    )
  })

  it('leave room for others where few files may be open, whoever stays connected', async () => {
    const file = await keygen('theirs')
    const agents = [await stock('a.sock'), await stock('b.sock'), await stock('c.sock')]
    await agents[0]!.add('-q', file)
    const toml = agents.map(({ socket }, index) => section(`agent-${index}`, socket)).join('')
    const daemon = await start(toml, { openFiles: 256 })
    const lists = await Promise.all(Array.from({ length: 100 }, () => lister(daemon)))
    expect(lists.filter((list) => list !== undefined).length).toBeGreaterThan(20)
    if (maySeeDaemon) expect(readdirSync(`/proc/${daemon.pid}/fd`).length).toBeLessThan(200)
    expect(await comments(daemon)).toEqual(['theirs'])
    expect((await daemon.run('ssh-add', ['-T', `${file}.pub`])).status).toBe(0)
    expect((await daemon.run(latchkeyPath, ['status'])).status).toBe(0)
  })

  it('are there for 200 clients at once', async () => {
    const agent = await stock('stock.sock')
    await agent.add('-q', await keygen('theirs'))
    const daemon = await start(section('stock', agent.socket))
    expect(await comments(daemon)).toEqual(['theirs'])
    const lists = await Promise.all(Array.from({ length: 200 }, () => lister(daemon)))
    expect(lists.filter((list) => list?.join() === 'theirs')).toHaveLength(200)
  })

  it('may come, go and be replaced while ours runs', async () => {
    const file = await keygen('theirs')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: config.toml has it
    const daemon = await start(section('later', '~/later.sock') + section('home', '${HOME}/home.sock'))
    expect(await comments(daemon)).toEqual([])
    const [later, home] = [await stock('later.sock'), await stock('home.sock')]
    await later.add('-q', file)
    await home.add('-q', await keygen('home'))
    expect(await comments(daemon)).toEqual(['theirs', 'home'])
    const next = await startStockAgent(at('next.sock'))
    ends.push(next.stop)
    await next.add('-q', await keygen('replaced'))
    renameSync(at('next.sock'), at('later.sock'))
    expect(await comments(daemon)).toEqual(['replaced', 'home'])
    expect((await daemon.run('ssh-add', ['-T', `${at('replaced')}.pub`])).status).toBe(0)
  })

  it('that list ten thousand keys are left out, and harm nobody', async () => {
    const file = await keygen('theirs')
    const entry = new SshWriter().string(blobIn(file)).string('many').bytes()
    const list = new SshWriter()
      .byte(12)
      .uint32(10_000)
      .raw(Buffer.concat(Array.from({ length: 10_000 }, () => entry)))
    const many = await fakeAgent('many.sock', () => framed(list.bytes()))
    const other = await stock('other.sock')
    await other.add('-q', file)
    const daemon = await start(section('many', many.socket) + section('other', other.socket))
    expect(await comments(daemon)).toEqual(['theirs'])
    expect((await daemon.run('ssh-add', ['-T', `${file}.pub`])).status).toBe(0)
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain(
      'the agent many does not speak the agent protocol',
    )
  })
})

describeWithPeers(
  'an agent behind ours that is ours again, over ssh -A',
  ['ssh-add', 'ssh-keygen', 'sshd', 'ssh'],
  () => {
    it.each(['never', 'allow'])('ends in time, and lists each key once, with forward = "%s"', async (forward) => {
      const file = await keygen('mine')
      writeFileSync(at('authorized'), readFileSync(`${file}.pub`))
      const sshd = await startSshd(folder, 'none', { settings: [`AuthorizedKeysFile ${at('authorized')}`] })
      ends.push(() => sshd.stop())
      const daemon = await start(section('far', at('far.sock'), `forward = "${forward}"\n`))
      await daemon.run('ssh-add', ['-q', file])
      const there = spawn(
        'ssh',
        [
          '-A',
          ...sshd.clientOptions,
          `${userName}@127.0.0.1`,
          `ln -s "$SSH_AUTH_SOCK" ${at('far.sock')}; echo linked; cat`,
        ],
        { env: { ...process.env, ...daemon.env }, stdio: ['pipe', 'pipe', 'inherit'] },
      )
      ends.push(() => there.kill())
      await once(there.stdout, 'data')
      const startMs = performance.now()
      for (let times = 0; times < 3; times += 1) expect(await comments(daemon)).toEqual(['mine'])
      expect(performance.now() - startMs).toBeLessThan(15_000)
      expect((await daemon.run('ssh-add', ['-T', `${file}.pub`])).status).toBe(0)
      expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain('the agent far leads back here')
    })
  },
)

describeWithPeers(
  'agents behind ours, of which some are for some hosts',
  ['ssh-add', 'ssh-agent', 'ssh-keygen', 'sshd', 'ssh'],
  () => {
    it('are offered the best fit first, and not where they are for others', async () => {
      writeFileSync(at('authorized'), '')
      const sshd = await startSshd(folder, 'none', {
        settings: [`AuthorizedKeysFile ${at('authorized')}`],
        isStrict: true,
      })
      ends.push(() => sshd.stop())
      const hosts = {
        any: '',
        here: `hosts = ["[127.0.0.1]:${sshd.port}"]\n`,
        there: 'hosts = ["there.example.com"]\n',
      }
      const known = sshd.clientOptions.find((option) => option.startsWith('UserKnownHostsFile='))!.split('=')[1]
      let toml = `[ssh]\nknown_hosts = ["${known}"]\n`
      for (const [name, more] of Object.entries(hosts)) {
        const agent = await stock(`${name}.sock`)
        await agent.add('-q', await keygen(name))
        toml += section(name, agent.socket, more)
      }
      const daemon = await start(toml)
      await daemon.run('ssh-add', ['-q', await keygen('added')])
      const logIn = async () =>
        (await daemon.run('ssh', [...sshd.clientOptions, `${userName}@127.0.0.1`, 'echo in'])).stdout
      // It ends the connection after the first key that it does not take.
      for (const [name, answer] of [
        ['here', 'in\n'],
        ['added', ''],
        ['any', ''],
        ['there', ''],
      ] as const) {
        writeFileSync(at('authorized'), readFileSync(`${at(name)}.pub`))
        expect([name, await logIn()]).toEqual([name, answer])
      }
      // What says nothing of where it goes is listed everything, what is for every host first.
      expect(await comments(daemon)).toEqual(['added', 'any', 'here', 'there'])
      const explained = await daemon.run(latchkeyPath, [
        'ssh',
        'explain',
        ...sshd.clientOptions,
        `${userName}@127.0.0.1`,
      ])
      expect(explained.stdout).toMatch(/1\. here: key[\s\S]*the agent here has it[\s\S]*left out:[\s\S]*there/)
    })
  },
)
