import { once } from 'node:events'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { agentPathName } from '../../src/agent/protocol/agent-path.ts'
import { createFrameDecoder, maxFrameBytes } from '../../src/agent/protocol/frame.ts'
import { encodeResponse } from '../../src/agent/protocol/responses.ts'
import { framed } from '../support/agent-stream.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }
/** A list waits a second for each agent, whatever stands behind it; the rest is this machine. */
const boundMs = 5_000
/** An agent is asked for 32 lists at once; those of the client before may not have closed yet. */
const boundConnections = 2 * 32

/** A relay, as socat is one. @param onRequest whether to hand on a request; else it answers failure itself */
async function startRelay(path: string, target: string, onRequest: (message: Buffer) => boolean = () => true) {
  const open = new Set<Socket>()
  let most = 0
  const server: Server = createServer((client) => {
    const agent = connect(target)
    const decoder = createFrameDecoder(maxFrameBytes)
    for (const socket of [client, agent]) {
      open.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          open.delete(socket)
          client.destroy()
          agent.destroy()
        })
    }
    most = Math.max(most, open.size / 2)
    agent.pipe(client)
    client.on('data', (chunk) => {
      decoder.push(chunk)
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        const copy = Buffer.from(message)
        if (onRequest(copy)) agent.write(framed(copy))
        else client.write(encodeResponse({ type: 'failure' }))
      }
    })
  }).listen(path)
  await once(server, 'listening')
  return {
    mostConnections: () => most,
    stop() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

describeWithPeers('agents behind one another', ['ssh-add', 'ssh-keygen'], () => {
  let folder: string
  let one: DevSession
  let two: DevSession
  const configs = new Map<DevSession, string>()
  const relays: { stop(): void }[] = []
  const at = (name: string) => join(folder, name)
  const status = async (dev: DevSession) => JSON.parse(await dev.runOk('latchkey', ['status', '--json']))

  beforeAll(async () => {
    folder = makeFolder()
    for (const name of ['one', 'two'])
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)])
    one = await startDevSession(at('dev-one'))
    two = await startDevSession(at('dev-two'))
    for (const dev of [one, two]) configs.set(dev, readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8'))
    await one.runOk('ssh-add', ['-q', at('one')])
    await two.runOk('ssh-add', ['-q', at('two')])
  })
  afterAll(async () => {
    for (const relay of relays) relay.stop()
    await one?.stop()
    await two?.stop()
    removeFolder(folder)
  })

  const puts = async (dev: DevSession, name: string, socket: string) => {
    writeFileSync(dev.env.LATCHKEY_CONFIG!, `${configs.get(dev)}\n[ssh.upstream.${name}]\nsocket = "${socket}"\n`)
    await vi.waitFor(async () => expect((await status(dev)).ssh.upstreams).toMatchObject([{ name, socket }]), patience)
  }
  const relay = async (name: string, target: string, onRequest?: (message: Buffer) => boolean) => {
    const started = await startRelay(at(name), target, onRequest)
    relays.push(started)
    return started
  }
  /** The comments of all keys, and how long the list took. */
  const list = async (dev: DevSession) => {
    const startMs = performance.now()
    const lines = (await dev.run('ssh-add', ['-L'])).stdout.trim().split('\n')
    return { ms: performance.now() - startMs, comments: lines.map((line) => line.split(' ').slice(2).join(' ')) }
  }
  const own = expect.stringMatching(/^dev: dev@dev/)

  it('list each key once where one is itself, by a symbolic link', async () => {
    symlinkSync(one.env.SSH_AUTH_SOCK!, at('link'))
    await puts(one, 'self', at('link'))
    const { comments, ms } = await list(one)
    expect(comments).toEqual([own, 'one'])
    expect(ms).toBeLessThan(boundMs)
    expect((await status(one)).ssh.upstreams[0].error.message).toContain('is the socket of this agent itself')
  })

  it('list each key once where one is itself, by a relay', async () => {
    const { mostConnections } = await relay('relay', one.env.SSH_AUTH_SOCK!)
    await puts(one, 'relay', at('relay'))
    const { comments, ms } = await list(one)
    expect(comments).toEqual([own, 'one'])
    expect(ms).toBeLessThan(boundMs)
    expect(mostConnections()).toBe(1)
    expect((await status(one)).ssh.notices[0].reason).toBe('the agent relay leads back here')
  })

  it('list each key once where two point at each other, however many ask', async () => {
    const there = await relay('there', two.env.SSH_AUTH_SOCK!)
    const back = await relay('back', one.env.SSH_AUTH_SOCK!)
    await puts(one, 'there', at('there'))
    await puts(two, 'back', at('back'))
    const lists = await Promise.all(Array.from({ length: 10 }, () => list(one)))
    for (const { comments, ms } of lists) {
      expect(comments).toEqual([own, 'one', own, 'two'])
      expect(ms).toBeLessThan(boundMs)
    }
    // One for each client, in each direction.
    expect(there.mostConnections()).toBeLessThanOrEqual(10)
    expect(back.mostConnections()).toBeLessThanOrEqual(10)
    expect((await list(two)).comments).toEqual([own, 'two', own, 'one'])
    await one.runOk('ssh-add', ['-T', at('two.pub')])
    await two.runOk('ssh-add', ['-T', at('one.pub')])
  })

  it('end in time where a program between them says nothing of where it comes from', async () => {
    const isPath = (message: Buffer) => message[0] === 27 && message.includes(agentPathName)
    const mute = await relay('mute', one.env.SSH_AUTH_SOCK!, (message) => !isPath(message))
    await puts(one, 'mute', at('mute'))
    const { comments, ms } = await list(one)
    expect(comments).toEqual([own, 'one'])
    expect(ms).toBeLessThan(boundMs)
    await one.runOk('ssh-add', ['-T', at('one.pub')])
    expect(mute.mostConnections()).toBeLessThanOrEqual(boundConnections)
    // Others are answered all the same.
    expect((await list(two)).comments.slice(0, 2)).toEqual([own, 'two'])
  })
})
