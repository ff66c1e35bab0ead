import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { daemonNodeOptions } from '../../src/core/programs/daemon-node-options.ts'
import { createFrameReader, type FrameReader } from '../support/agent-stream.ts'
import { callApi } from '../support/api-call.ts'
import { type BuiltDaemon, type BuiltDaemonOptions, startBuiltDaemon } from '../support/built-daemon.ts'
import { startCrowd } from '../support/crowd.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const list = Buffer.of(0, 0, 0, 1, 11)
const emptyList = Buffer.of(12, 0, 0, 0, 0)

/** 100 are promised (SECURITY.md): what comes near is to be seen before it is there. */
const mostMegabytes = 85

/** What comes after a collection is left to V8 until it is as much again (src/core/limits/churn.ts). */
const leftBytes = 8 * 1024 * 1024

/** As by hand, where nothing else is said: without the options of the service, which make less of it. */
async function start(options: BuiltDaemonOptions = {}): Promise<BuiltDaemon> {
  const daemon = await startBuiltDaemon(temporaryFolder(), '', options)
  onTestFinished(async () => void (await daemon.end('SIGKILL')))
  return daemon
}

/** ssh waits for a place in the queue of a socket; Node is told EAGAIN while a crowd fills it (connect(2)). */
async function connected(path: string): Promise<Socket> {
  return await vi.waitFor(
    async () => {
      const socket = connect(path)
      await once(socket, 'connect')
      return socket
    },
    { timeout: 20_000, interval: 20 },
  )
}

/** An honest client of the agent that stays connected. */
async function comeToStay(daemon: BuiltDaemon): Promise<{ socket: Socket; reader: FrameReader; ask(): Promise<void> }> {
  const socket = await connected(daemon.sockets.agent)
  onTestFinished(() => void socket.destroy())
  const reader = createFrameReader(socket)
  const ask = async () => {
    socket.write(list)
    expect(await reader.next()).toEqual(emptyList)
  }
  await ask()
  return { socket, reader, ask }
}

async function isServed(daemon: BuiltDaemon): Promise<void> {
  await comeToStay(daemon)
  expect((await callApi(daemon.sockets.api, 'GET', '/v1/status')).status).toBe(200)
}

const memory = ({ pid }: BuiltDaemon) => readFileSync(`/proc/${pid}/status`, 'utf8')
const megabytes = (daemon: BuiltDaemon) => Number(/^VmRSS:\s*(\d+)/m.exec(memory(daemon))![1]) / 1024

/** Peaks too: what the kernel remembers is set to what there is now (proc(5), clear_refs). */
function megabytesAtMost(daemon: BuiltDaemon): number {
  return Number(/^VmHWM:\s*(\d+)/m.exec(memory(daemon))![1]) / 1024
}

describe.runIf(process.platform === 'linux')('beside a crowd of clients', () => {
  it.each([
    ['7000 that have sent a half', 'halfSent', 7000],
    ['2000 that have sent the large half of a large message', 'largeHalfSent', 2000],
    ['7000 that say nothing', 'silent', 7000],
    ['2000 that have asked something and stay', 'idle', 2000],
    ['2000 that drip', 'dripping', 2000],
    ['300 that do not read', 'neverReading', 300],
    ['50 that send garbage and come again', 'garbage', 50],
    ['7000 that say nothing, to the service', 'silent', 7000, { nodeOptions: daemonNodeOptions }],
  ])('of the agent, honest ones are served: %s', async (_, habit, count, options: BuiltDaemonOptions = {}) => {
    const daemon = await start(options)
    await isServed(daemon)
    const faithful = await comeToStay(daemon)
    const idle = megabytes(daemon)
    await startCrowd(daemon.sockets.agent, count, habit)
    await isServed(daemon)
    await faithful.ask()
    expect(megabytesAtMost(daemon) - idle).toBeLessThan(mostMegabytes)
  })

  it.each([
    ['that have asked something and stay', 'apiIdle'],
    ['that drip', 'apiDripping'],
    ['that have sent most of a head', 'apiHalfSent'],
    ['that have sent most of a body', 'apiBody'],
    ['that say nothing', 'silent'],
  ])('of the local API, honest ones are served: 300 %s', async (_, habit) => {
    const daemon = await start()
    await isServed(daemon)
    const idle = megabytes(daemon)
    await startCrowd(daemon.sockets.api, 300, habit)
    await isServed(daemon)
    expect((await daemon.run(latchkeyPath, ['status'])).status).toBe(0)
    expect(megabytesAtMost(daemon) - idle).toBeLessThan(mostMegabytes)
  })

  // Side by side: each waits some ten seconds for the daemon, or V8, to see that they have left.
  it('what it has taken for them is let go of within a minute after they have left', async () => {
    const crowds = [
      ['silent', 7000],
      ['largeHalfSent', 2000],
    ] as const
    await Promise.all(
      crowds.map(async ([habit, count]) => {
        const daemon = await start({ tellsMemory: true })
        await isServed(daemon)
        const idle = await daemon.memoryUsage()
        const crowd = await startCrowd(daemon.sockets.agent, count, habit)
        await isServed(daemon)
        const beside = await daemon.memoryUsage()
        // Those who are there take something: more than a little.
        expect(beside.heapUsed + beside.arrayBuffers).toBeGreaterThan(idle.heapUsed + idle.arrayBuffers + leftBytes / 2)
        await crowd.leave()
        const isBack = async () => {
          const { heapUsed, arrayBuffers } = await daemon.memoryUsage()
          expect(heapUsed, habit).toBeLessThan(idle.heapUsed + leftBytes)
          expect(arrayBuffers, habit).toBeLessThan(idle.arrayBuffers + leftBytes)
        }
        await vi.waitFor(isBack, { timeout: 60_000, interval: 1_000 })
      }),
    )
  }, 180_000)

  it('counts the refusals of a flood in its log', async () => {
    const daemon = await start()
    const socket = connect(daemon.sockets.agent)
    onTestFinished(() => void socket.destroy())
    // A sign request without a key, and its answer: five bytes each.
    const flood = Buffer.alloc(1_000_000, Buffer.of(0, 0, 0, 1, 13))
    let answered = 0
    const isAnswered = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        answered += chunk.length
        if (answered === flood.length) resolve()
      })
    })
    socket.write(flood)
    await isAnswered
    expect(daemon.log()).toContain('agent request refused')
    expect(daemon.log().length).toBeLessThan(20_000)
  })

  it('lives when it has few descriptors', async () => {
    const daemon = await start()
    const { status, stderr } = await daemon.run('prlimit', ['--pid', String(daemon.pid), '--nofile=80:80'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const crowd = await startCrowd(daemon.sockets.agent, 300, 'idle')
    await crowd.leave()
    await isServed(daemon)
  })
})
