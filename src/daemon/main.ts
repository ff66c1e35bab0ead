import { randomUUID } from 'node:crypto'
import { fstatSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { availableParallelism, uptime } from 'node:os'
import { join } from 'node:path'
import { parseSharedConfig, type SharedConfig } from '../aws/config/shared-config.ts'
import type { StsClient } from '../aws/sts/sts-client.ts'
import { createStsSdk } from '../aws/sts/sts-sdk.ts'
import { appendLine } from '../core/append-file.ts'
import { sweepTemporaries } from '../core/atomic-file.ts'
import { type Clock, createSystemClock } from '../core/clock.ts'
import { callerEnvironment, type Environment, isSet, unreadCaFile } from '../core/environment.ts'
import { CodedError, describeError } from '../core/errors.ts'
import { homeFolder } from '../core/home.ts'
import { createLogger, type Logger } from '../core/log.ts'
import { once } from '../core/once.ts'
import { configFile, expandHome, runtimeFolder, stateFolder } from '../core/paths.ts'
import { readTextFile, readTextIfPresent } from '../core/read-file.ts'
import { createRepeatLimit } from '../core/repeats.ts'
import { formatUtc } from '../core/utc-time.ts'
import { version } from '../core/version.ts'
import { openKeychain } from '../keychain/choose.ts'
import type { Keychain } from '../keychain/keychain.ts'
import { createPrompts, type PromptBroker } from '../prompts/broker.ts'
import { createPromptProgram } from '../prompts/prompt-program.ts'
import { type Config, ConfigError, parseConfig } from './config/config.ts'
import { startDaemon } from './daemon.ts'
import { garbageCollector } from './process/garbage.ts'
import { hardenMemory, hardenProcess } from './process/hardening.ts'
import { takeInheritedSockets } from './process/inherited-sockets.ts'
import { limitsOf } from './process/limits.ts'
import { loadNative } from './process/native.ts'
import { openParentLink } from './process/parent-link.ts'
import { endOnFault } from './process/process-faults.ts'
import { createRunProgram } from './process/run-program.ts'
import { createServiceNotification } from './process/service-notification.ts'
import { createWatchedFiles } from './process/watched-files.ts'

/** A token helper may talk to a keychain or to a server. */
const programTimeoutMs = 30_000
/** Files that name programs and servers, or hold what is trusted or sent. A bundle of CA certificates takes a quarter. */
const deciding = { maxBytes: 1024 * 1024, isTrusted: true } as const
/** Shorter than TimeoutStopSec of packaging/systemd/latchkey.service, after which systemd kills. */
const stopMs = 5_000

/** What the process has that the rooms get handed. */
interface Host {
  environment: Environment
  home: string
  clock: Clock
  log: Logger
}

/**
 * Runs the daemon until SIGTERM, SIGINT or SIGHUP, or until its parent has gone. The composition root: real clock,
 * files, environment and randomness are named here and nowhere else.
 * @returns the exit status
 * @throws {CodedError} the daemon cannot start
 */
export async function runDaemon(): Promise<number> {
  hardenProcess(process)
  // Whoever reads the log may end first: the daemon and the keys in it must not end with that.
  process.stderr.on('error', () => {})
  const output = { write: (line: string) => process.stderr.write(line), journal: isJournal(process.env.JOURNAL_STREAM) }
  endOnFault(process, createLogger({ ...output, level: 'error' }))
  // A copy, without what was meant for this process alone: children get the rest of it.
  const environment = { ...callerEnvironment(process.env) }
  const inheritedSockets = takeInheritedSockets(environment, process.pid)
  const home = homeFolder(environment)
  const file = configFile(environment, home)
  const config = parseConfig((await readText(file)) ?? '', file, {
    vaultAddress: [environment.BAO_ADDR, environment.VAULT_ADDR].find(isSet),
  })
  const clock = createSystemClock(uptime)
  const log = createLogger({ ...output, level: config.logLevel, repeats: createRepeatLimit({ clock }) })
  const native = await loadNative({ log })
  hardenMemory(native)
  const notification = createServiceNotification({ environment, native, log })
  const host: Host = { environment, home, clock, log }
  const extraCa = await readExtraCa(unreadCaFile(process.env), log)
  const keychain = await openConfiguredKeychain(config, host)
  await sweepImports(host)
  // Before this there is nothing to stop: a signal ends the process by itself.
  const stop = stopRequest()
  const parent = openParentLink(environment, stop.now)
  // What is under way may end, such as storing the session that a code was just spent for; but nothing is waited for
  // without end.
  void stop.requested.then(() => host.clock.after(stopMs, () => process.exit(0)))
  const dialogs = new AbortController()
  process.on('exit', () => dialogs.abort())
  const daemon = await startDaemon({
    ...host,
    stopping: stop.signal,
    extraCa,
    config,
    configFile: file,
    version,
    pid: process.pid,
    uid: process.getuid?.(),
    limits: limitsOf({
      processLimits: await readText('/proc/self/limits'),
      threadPoolSize: process.env.UV_THREADPOOL_SIZE,
      cores: availableParallelism(),
    }),
    random: Math.random,
    collectGarbage: garbageCollector(),
    keychain,
    prompts: createConfiguredPrompts(config, host, dialogs.signal),
    readText: (path) => readTextFile(path, deciding),
    readSharedConfig: watchSharedConfig(host),
    runProgram: createRunProgram({ timeoutMs: programTimeoutMs }),
    sts: once(() => loadSts(host, extraCa)),
    runtimeFolder: runtimeFolder(environment, home),
    inheritedSockets,
    peerOf: native.peerCredentials,
  }).catch((error: unknown) => {
    // It waited for another process, and was stopped meanwhile.
    if (error === stop.signal.reason) return undefined
    throw error
  })
  if (daemon === undefined) return 0
  log.info('listening', { version, pid: process.pid })
  parent.ready()
  await notification.ready(`${config.identities.length} ssh identities, ${config.vaults.length} vaults`)
  await stop.requested
  log.info('stopping')
  await notification.stopping()
  await daemon.stop()
  dialogs.abort()
  parent.close()
  return 0
}

/** Whether stderr is the journal itself: a child of a service may have the variable and another stderr (systemd.exec(5)). */
function isJournal(stream: string | undefined): boolean {
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}`
}

/** A signal may come before the daemon has started: it counts all the same. */
function stopRequest(): { requested: Promise<void>; signal: AbortSignal; now: () => void } {
  const controller = new AbortController()
  const { signal } = controller
  const now = () => controller.abort()
  const requested = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, now)
  return { requested, signal, now }
}

/** The content of a file, or undefined where there is none. @throws {ConfigError} CONFIG_UNREADABLE */
async function readText(file: string): Promise<string | undefined> {
  return await readTextIfPresent(file, deciding).catch((cause: unknown) => {
    throw unreadable(file, cause)
  })
}

function unreadable(file: string, cause: unknown): ConfigError {
  if (cause instanceof CodedError)
    return new ConfigError('CONFIG_UNREADABLE', cause.message, { cause, hint: cause.hint })
  return new ConfigError('CONFIG_UNREADABLE', `${file} cannot be read: ${describeError(cause)}`, {
    cause,
    hint: 'check its permissions with ls -l',
  })
}

/** As Node does: a file that cannot be read is a warning. */
async function readExtraCa(file: string | undefined, log: Logger): Promise<string | undefined> {
  try {
    return file === undefined ? undefined : await readTextFile(file, deciding)
  } catch (error) {
    log.warn('NODE_EXTRA_CA_CERTS cannot be read', { file, reason: describeError(error) })
    return undefined
  }
}

function openConfiguredKeychain({ keychain: { store, file } }: Config, host: Host): Promise<Keychain> {
  const { environment, home } = host
  const path = file === undefined ? {} : { file: expandHome(file, home) }
  return openKeychain({ store, ...path }, { ...host, stateFolder: stateFolder(environment, home) })
}

function createConfiguredPrompts(
  { prompt }: Config,
  { environment, home, clock, log }: Host,
  stopping: AbortSignal,
): PromptBroker {
  const program = prompt.program === undefined ? undefined : expandHome(prompt.program, home)
  const logFile = prompt.log === undefined ? undefined : expandHome(prompt.log, home)
  return createPrompts({
    clock,
    newId: randomUUID,
    ...(program === undefined ? {} : { program: createPromptProgram(program, { clock, environment, stopping }) }),
    onAsked({ question, by }) {
      log.info('asked a person', { kind: question.kind, by })
      if (logFile === undefined) return
      const line = JSON.stringify({ time: formatUtc(clock.now()), kind: question.kind, by })
      appendLine(logFile, line).catch((error: unknown) =>
        log.warn('the prompt log cannot be written', { reason: describeError(error) }),
      )
    },
  })
}

/** The files of the AWS tools. */
function sharedFiles({ environment, home }: Host): { config: string; credentials: string } {
  const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials } = environment
  return {
    config: isSet(config) ? config : join(home, '.aws', 'config'),
    credentials: isSet(credentials) ? credentials : join(home, '.aws', 'credentials'),
  }
}

/** An import that was killed may have left the other keys of the file beside it. */
async function sweepImports(host: Host): Promise<void> {
  const { credentials } = sharedFiles(host)
  await sweepTemporaries(await realpath(credentials).catch(() => credentials), host.clock.now())
}

function watchSharedConfig(host: Host): () => Promise<SharedConfig> {
  const { config, credentials } = sharedFiles(host)
  const read = createWatchedFiles([config, credentials], (texts) =>
    parseSharedConfig({ config: texts[0], credentials: texts[1] }),
  )
  return () =>
    read().catch((cause: unknown) => {
      throw unreadable(`${config} or ${credentials}`, cause)
    })
}

/** The AWS SDK is loaded when it is first needed: most of the memory that it takes is not needed before. */
async function loadSts({ environment, clock, log }: Host, extraCa: string | undefined): Promise<StsClient> {
  // The SDK's word on the version of Node is for those who write latchkey, not for those who read its log.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  const sdk = await import('../aws/sts/aws-sdk.ts')
  const endpoint = [environment.AWS_ENDPOINT_URL_STS, environment.AWS_ENDPOINT_URL].find(isSet)
  return createStsSdk({ sdk, clock, random: Math.random, log, endpoint, extraCa })
}
