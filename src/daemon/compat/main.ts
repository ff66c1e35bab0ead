import { availableParallelism, tmpdir, uptime } from 'node:os'
import { plainLists } from '../../agent/destination/arrangement.ts'
import { deciding, readTextIfPresent } from '../../core/files/read-file.ts'
import { createChurn } from '../../core/limits/churn.ts'
import { createRepeatLimit } from '../../core/limits/repeats.ts'
import { createLogger } from '../../core/log.ts'
import { callerEnvironment } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { createSystemClock } from '../../core/time/clock.ts'
import { findTrustedProgram } from '../../core/trust/program-trust.ts'
import type { SshSettings } from '../config/config.ts'
import { createGate } from '../gate.ts'
import { garbageCollector, keepHeapSmall } from '../process/garbage.ts'
import { hardenMemory, hardenProcess } from '../process/hardening.ts'
import { createKeyDisposal } from '../process/key-disposal.ts'
import { limitsOf } from '../process/limits.ts'
import { loadNative } from '../process/native.ts'
import { openParentLink } from '../process/parent-link.ts'
import { endOnFault } from '../process/process-faults.ts'
import { stopRequest } from '../process/stop-request.ts'
import { createSshAgent } from '../running/ssh-agent.ts'
import { takePassedSocket } from './activation.ts'
import { openAgentSocket } from './agent-socket.ts'
import { createAskpassPerson } from './askpass-person.ts'

/** What of ssh-agent's command line concerns the agent itself. */
export interface LoneAgentSettings {
  /** The path of its socket; undefined: a new folder for temporary files. */
  address: string | undefined
  /** Of keys that come without one, in seconds; undefined: until they are removed. */
  lifetimeSeconds: number | undefined
  isVerbose: boolean
  /** Prints where it is, for the process that has started it; not called in the background, where its parent does that. */
  announce: (found: { socket: string; pid: number }) => Promise<void>
}

/** As ssh-agent, which ends with this whatever has ended it; but for a service manager that ends what it has started. */
const endedStatus = 2

/**
 * Runs an agent without configuration, API and keychain until it is told to end. With a parent that asks for it
 * (src/daemon/process/parent-link.ts) it is in the background: it writes nothing and heeds no SIGINT. This is its
 * composition root, as src/daemon/main.ts is the daemon's.
 * @returns the exit status
 * @throws {CodedError} it cannot start
 */
export async function runLoneAgent(settings: LoneAgentSettings): Promise<number> {
  hardenProcess(process, { name: 'the agent', command: 'latchkey agent-compat' })
  keepHeapSmall()
  process.stderr.on('error', () => {})
  const environment = { ...callerEnvironment(process.env) }
  const passed = settings.address === undefined ? takePassedSocket(environment, process.pid) : undefined
  const stop = stopRequest(['SIGTERM', 'SIGHUP'])
  const parent = openParentLink(environment, stop.now)
  process.on('SIGINT', parent.hasParent ? () => {} : stop.now)
  let status = endedStatus
  const onTerm = () => {
    status = 0
  }
  if (passed !== undefined) process.on('SIGTERM', onTerm)
  const clock = createSystemClock(uptime)
  const write = parent.hasParent ? () => {} : (line: string) => process.stderr.write(line)
  const level = settings.isVerbose ? 'debug' : 'info'
  const log = createLogger({ write, level, repeats: createRepeatLimit({ clock }) })
  endOnFault(process, log)
  const native = await loadNative({ log })
  hardenMemory(native)

  const limits = limitsOf({
    processLimits: await readTextIfPresent('/proc/self/limits', deciding),
    threadPoolSize: process.env.UV_THREADPOOL_SIZE,
    cores: availableParallelism(),
  })
  const collect = garbageCollector()
  const churn = createChurn({ clock, collect })
  const find = (name: string) => findTrustedProgram(name, environment.PATH)
  const stores: readonly [] = []
  const sshSettings: SshSettings = {
    knownHosts: undefined,
    order: plainLists.order,
    unboundMax: undefined,
    addedKeysForwarded: 'all',
    lifetime: settings.lifetimeSeconds,
    addedKeys: {},
    upstreams: [],
  }
  const ssh = createSshAgent({
    stores: () => stores,
    settings: () => plainLists,
    sshSettings: () => sshSettings,
    hostCaFile: () => undefined,
    askPerson: createAskpassPerson({ environment, clock, find, stopping: stop.signal }),
    home: homeFolder(environment),
    pid: process.pid,
    uid: process.getuid?.(),
    peerOf: native.peerCredentials,
    onKeysReleased: createKeyDisposal(clock, collect),
    clock,
    churn,
    log,
    poolSignatures: limits.poolSignatures,
  })
  const gate = createGate({ uid: process.getuid?.(), peerOf: native.peerCredentials, churn, log })
  const onAgent = gate.accept({
    name: 'agent',
    maxConnections: () => limits.agentConnections(0),
    serve: ssh.serve,
    evict: (stream) => stream.destroy(),
  })
  const place = { passed, address: settings.address, temporaryFolder: tmpdir(), pid: process.pid }
  const socket = await openAgentSocket(place, onAgent).catch((error: unknown) => {
    parent.close()
    throw error
  })
  process.on('SIGUSR1', ssh.removeAddedKeys)
  gate.open()
  try {
    if (parent.hasParent) {
      // It must not keep a file system from being unmounted.
      process.chdir('/')
      parent.ready(JSON.stringify(socket.path))
    } else if (socket.path !== undefined) await settings.announce({ socket: socket.path, pid: process.pid })
    await stop.requested
  } finally {
    await socket.close()
    gate.close()
    parent.close()
  }
  return status
}
