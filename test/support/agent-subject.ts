import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { createAgent } from '../../src/agent/agent.ts'
import { type ListSettings, plainLists } from '../../src/agent/destination/arrangement.ts'
import type { KeyStore } from '../../src/agent/keys/key-store.ts'
import { createKeyring } from '../../src/agent/keys/keyring.ts'
import { createLock } from '../../src/agent/lock/lock.ts'
import { type Logger, silentLogger } from '../../src/core/log.ts'
import { type Clock, createSystemClock } from '../../src/core/time/clock.ts'
import { createAddedHosts } from '../../src/daemon/running/list-settings.ts'
import { createFrameReader, framed } from './agent-stream.ts'
import { noUpstreams } from './agent-stubs.ts'
import { type AskpassPerson, askpassPerson } from './askpass-person.ts'
import { noChurn } from './churn.ts'
import { findProgram } from './peers.ts'
import { ownSeat } from './seats.ts'
import { makeFolder, removeFolder } from './temporary-folder.ts'

/** An agent on a socket: ours, or OpenSSH's. */
export interface RunningAgent {
  socketPath: string
  /** Moves the clock that lifetimes go by; only ours has one that can be moved. */
  advance: ((ms: number) => void) | undefined
  /** What the person says who is asked to confirm a use. */
  says: AskpassPerson['says']
  stop(): Promise<void>
}

/** What the user of an agent can choose. */
export interface AgentChoices {
  /** How long a key stays that comes without a lifetime: `[ssh] lifetime`, or `ssh-agent -t`. */
  lifetimeSeconds?: number
}

export interface AgentSubject {
  name: 'latchkey' | 'ssh-agent'
  start(choices?: AgentChoices): Promise<RunningAgent>
}

export interface MovableClock extends Clock {
  advance(ms: number): void
}

/** The system's clock, timers included, with an uptime that can be moved on. */
export function movableClock(): MovableClock {
  let offsetSeconds = 0
  const system = createSystemClock(() => uptime() + offsetSeconds)
  return {
    ...system,
    now: () => system.now() + offsetSeconds * 1000,
    advance(ms) {
      offsetSeconds += ms / 1000
    },
  }
}

/** What our agent may have beside keys of ssh-add. */
export interface OurAgentDeps extends AgentChoices {
  stores?: readonly KeyStore[]
  settings?: ListSettings
  /** The contents of known_hosts. */
  knownHosts?: string
  clock?: MovableClock
  log?: Logger
}

/** Starts our agent in this process. */
export async function startOurAgent(
  deps: OurAgentDeps = {},
): Promise<RunningAgent & { advance: (ms: number) => void }> {
  const { stores = [], settings = plainLists, knownHosts = '', clock = movableClock(), log = silentLogger } = deps
  const folder = makeFolder()
  const socketPath = join(folder, 'agent.sock')
  const person = askpassPerson(folder)
  const keyring = createKeyring({
    clock,
    hostsOf: createAddedHosts(() => settings),
    defaultLifetimeSeconds: () => deps.lifetimeSeconds,
  })
  const lock = createLock({ clock })
  const agent = createAgent({
    keyring,
    lock,
    stores: () => stores,
    settings: () => settings,
    knownHosts: async () => [Buffer.from(knownHosts)],
    upstreams: () => noUpstreams,
    askPerson: person.ask,
    clock,
    churn: noChurn,
    log,
    poolSignatures: 2,
  })
  const connections = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    agent.serve(socket, ownSeat)
  })
  server.listen(socketPath)
  await once(server, 'listening')
  return {
    socketPath,
    advance: clock.advance,
    says: person.says,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of connections) socket.destroy()
      await closed
      removeFolder(folder)
    },
  }
}

async function startSshAgent({ lifetimeSeconds }: AgentChoices = {}): Promise<RunningAgent> {
  const folder = makeFolder()
  const socketPath = join(folder, 'agent.sock')
  const person = askpassPerson(folder)
  const env = { ...process.env, ...person.env }
  const lifetime = lifetimeSeconds === undefined ? [] : ['-t', String(lifetimeSeconds)]
  const options = ['-D', '-a', socketPath, ...lifetime]
  const agent = spawn('ssh-agent', options, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  // It prints the variables for a shell once it listens.
  await once(agent.stdout, 'data')
  return {
    socketPath,
    advance: undefined,
    says: person.says,
    async stop() {
      const closed = once(agent, 'close')
      agent.kill('SIGTERM')
      await closed
      removeFolder(folder)
    },
  }
}

const all: readonly AgentSubject[] = [
  { name: 'latchkey', start: startOurAgent },
  { name: 'ssh-agent', start: startSshAgent },
]

/** Ours always; OpenSSH's where it is installed. */
export const agentSubjects = all.filter(({ name }) => name === 'latchkey' || findProgram(name) !== undefined)

/** A client that sends raw messages over one connection. */
export interface RawClient {
  /** Sends one message and reads its answer; undefined when the agent closes instead. */
  ask(message: Uint8Array): Promise<Buffer | undefined>
  /** Sends bytes as they are. */
  send(bytes: Uint8Array): void
  next(): Promise<Buffer | undefined>
  /** Closes the sending half alone. */
  halfClose(): void
  close(): void
}

export async function connectRaw(socketPath: string): Promise<RawClient> {
  const socket = connect({ path: socketPath, allowHalfOpen: true })
  await once(socket, 'connect')
  const reader = createFrameReader(socket)
  return {
    ask(message) {
      socket.write(framed(message))
      return reader.next()
    },
    send: (bytes) => void socket.write(bytes),
    next: () => reader.next(),
    halfClose: () => void socket.end(),
    close: () => void socket.destroy(),
  }
}
