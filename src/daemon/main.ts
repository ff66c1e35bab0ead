import { resolveSrv } from 'node:dns/promises'
import { fstatSync } from 'node:fs'
import { availableParallelism, uptime } from 'node:os'
import { join } from 'node:path'
import { createFederation } from '../aws/console/federation.ts'
import type { AwsSdk } from '../aws/sts/sdk-config.ts'
import { createSoon } from '../core/calls/soon.ts'
import { sweepProcessFiles } from '../core/files/process-file.ts'
import { deciding, readTextFile, readTextIfPresent } from '../core/files/read-file.ts'
import { createRepeatLimit } from '../core/limits/repeats.ts'
import { createLogger, type LogLevel } from '../core/log.ts'
import { callerEnvironment, unreadCaFile, withoutSecrets } from '../core/places/environment.ts'
import { homeFolder } from '../core/places/home.ts'
import {
  awsConfigCopies,
  awsFilePaths,
  configFile,
  expandHome,
  runtimeFolder,
  stateFolder,
} from '../core/places/paths.ts'
import { createSystemClock } from '../core/time/clock.ts'
import { version } from '../core/version.ts'
import { openKeychain } from '../keychain/choose.ts'
import { awsClientsFor } from './aws-clients.ts'
import { awsEndpoint } from './aws-endpoint.ts'
import { sweepImports, watchAwsFiles } from './aws-files.ts'
import { readCaFolder } from './config/ca-files.ts'
import type { Config } from './config/config.ts'
import { readConfigFile } from './config/config-file.ts'
import { createExtraCa } from './config/extra-ca.ts'
import { createSystemCa } from './config/system-ca.ts'
import { createConfiguredPrompts } from './configured-prompts.ts'
import { startDaemon } from './daemon.ts'
import { garbageCollector, keepHeapSmall } from './process/garbage.ts'
import { hardenMemory, hardenProcess } from './process/hardening.ts'
import { takeInheritedSockets } from './process/inherited-sockets.ts'
import { createLevelledLogger } from './process/levelled-logger.ts'
import { limitsOf } from './process/limits.ts'
import { loadNative } from './process/native.ts'
import { createNotify } from './process/notify.ts'
import { openParentLink } from './process/parent-link.ts'
import { endOnFault } from './process/process-faults.ts'
import { createRunMfaCommand } from './process/run-mfa-command.ts'
import { createRunProgram } from './process/run-program.ts'
import { createServiceNotification } from './process/service-notification.ts'
import { stopRequest } from './process/stop-request.ts'

/** A token helper may talk to a keychain or to a server. */
const programTimeoutMs = 30_000
/** Shorter than TimeoutStopSec in packaging/systemd/latchkey.service, after which systemd kills the daemon. */
const stopMs = 5_000
/** What loads or collects a lot frees more in the seconds after. */
const quietMs = 5_000

/**
 * Runs the daemon until SIGTERM, SIGINT or SIGHUP, or until its parent is gone. This is the composition root: the real
 * clock, files, environment and randomness are named here and nowhere else.
 * @returns the exit status
 * @throws {CodedError} the daemon cannot start
 */
export async function runDaemon(): Promise<number> {
  hardenProcess(process)
  keepHeapSmall()
  // The reader of the log may end first: the daemon, and the keys in it, must survive that.
  process.stderr.on('error', () => {})
  const output = { write: (line: string) => process.stderr.write(line), journal: isJournal(process.env.JOURNAL_STREAM) }
  endOnFault(process, createLogger({ ...output, level: 'error' }))
  // A copy without the variables that were meant for this process alone: children get the rest.
  const environment = { ...callerEnvironment(process.env) }
  const inheritedSockets = takeInheritedSockets(environment, process.pid)
  const home = homeFolder(environment)
  const clock = createSystemClock(uptime)
  let config: Config | undefined
  const level = (): LogLevel => config?.logLevel ?? 'info'
  const log = createLevelledLogger({ ...output, repeats: createRepeatLimit({ clock }) }, level)
  const native = await loadNative({ log })
  hardenMemory(native)
  const returnFreeMemory = createSoon(clock, quietMs, native.returnFreeMemory)
  const notification = createServiceNotification({ environment, native, log })
  const extraCa = createExtraCa(unreadCaFile(process.env), log)
  const readText = (path: string) => readTextFile(path, deciding)
  const systemCa = createSystemCa({
    environment,
    platform: process.platform,
    extraCa: extraCa.current,
    log,
    readText,
    readCaFolder,
  })
  const shared = awsFilePaths(environment, home)
  await sweepImports(shared.credentials, clock.now())
  await sweepProcessFiles(awsConfigCopies(runtimeFolder(environment, home)))
  // Before this point there is nothing to stop: a signal simply ends the process.
  const stop = stopRequest()
  const parent = openParentLink(environment, stop.now)
  // Work under way may finish, such as storing the session for which a code was just used; but it is not waited for
  // indefinitely.
  void stop.requested.then(() => clock.after(stopMs, () => process.exit(0)))
  const dialogs = new AbortController()
  process.on('exit', () => dialogs.abort())
  const runCollector = garbageCollector()
  const collectGarbage = () => {
    runCollector()
    returnFreeMemory()
  }
  // Rare and large: what they leave behind would stay until something else is done.
  const tidyUp = createSoon(clock, quietMs, collectGarbage)
  let summary = ''
  let isListening = false
  const asking = createConfiguredPrompts({
    settings: () => config?.prompt ?? { terminal: true },
    environment,
    platform: process.platform,
    home,
    clock,
    log,
    stopping: dialogs.signal,
  })
  const awsClients = awsClientsFor({
    extraCa,
    environment,
    clock,
    random: Math.random,
    log,
    loadSdk: () => loadSdk().finally(returnFreeMemory),
  })
  const daemon = await startDaemon({
    environment,
    home,
    clock,
    log,
    stopping: stop.signal,
    extraCa,
    systemCa,
    resolveSrv,
    readCaFolder,
    configFile: configFile(environment, home),
    staticKeysFile: join(stateFolder(environment, home), 'ssh-keys.json'),
    lockFile: join(stateFolder(environment, home), 'ssh-lock.json'),
    hostCasFile: join(stateFolder(environment, home), 'ssh-host-cas.json'),
    readConfigFile,
    onConfig(applied, faults) {
      config = applied
      summary = summaryOf(applied, faults)
      if (isListening) void notification.status(summary)
    },
    version,
    pid: process.pid,
    uid: process.getuid?.(),
    limits: limitsOf({
      processLimits: await readTextIfPresent('/proc/self/limits', deciding),
      threadPoolSize: process.env.UV_THREADPOOL_SIZE,
      cores: availableParallelism(),
    }),
    random: Math.random,
    collectGarbage,
    openKeychain: ({ store, file }) =>
      openKeychain(
        { store, ...(file === undefined ? {} : { file: expandHome(file, home) }) },
        { environment, clock, log, stateFolder: stateFolder(environment, home) },
      ),
    prompts: asking.prompts,
    promptStatus: asking.status,
    notify: createNotify({ clock, log, environment: withoutSecrets(environment), platform: process.platform }),
    readText,
    awsFiles: watchAwsFiles(shared),
    runMfaCommand: createRunMfaCommand({ clock, environment, home, awsFiles: [shared.config, shared.credentials] }),
    runProgram: createRunProgram({ clock, timeoutMs: programTimeoutMs }),
    sts: async () => (await awsClients()).sts,
    stsVariable: awsEndpoint(environment, 'STS'),
    async iam() {
      tidyUp()
      return (await awsClients()).iam
    },
    awsServices: {
      async organizations() {
        tidyUp()
        return (await awsClients()).organizations
      },
      async ec2() {
        tidyUp()
        return (await awsClients()).ec2
      },
    },
    signIdentity: async (request) => (await awsClients()).signIdentity(request),
    federation: createFederation({
      endpoint: awsEndpoint(environment, 'SIGNIN')?.url,
      extraCa: extraCa.current,
      clock,
    }),
    platform: process.platform,
    runtimeFolder: runtimeFolder(environment, home),
    inheritedSockets,
    peerOf: native.peerCredentials,
  }).catch((error: unknown) => {
    // It was waiting for another process when it was told to stop.
    if (error === stop.signal.reason) return undefined
    throw error
  })
  if (daemon === undefined) return 0
  process.on('SIGUSR1', daemon.removeAddedKeys)
  log.info('listening', { version, pid: process.pid })
  parent.ready()
  isListening = true
  returnFreeMemory()
  await notification.ready(summary)
  await stop.requested
  log.info('stopping')
  await notification.stopping()
  await daemon.stop()
  dialogs.abort()
  parent.close()
  return 0
}

/** Whether stderr is the journal: a child of a service may have the variable but another stderr (systemd.exec(5)). */
function isJournal(stream: string | undefined): boolean {
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}`
}

/** One line for `systemctl status`. */
function summaryOf({ identities, vaults }: Config, faults: number): string {
  const wrong = faults === 0 ? '' : `, mistakes in config.toml: ${faults} (latchkey status)`
  return `${identities.length} ssh identities, ${vaults.length} vaults${wrong}`
}

async function loadSdk(): Promise<AwsSdk> {
  // The SDK's warning about the version of Node is for the developers of latchkey, not for the readers of its log.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  return await import('../aws/sts/aws-sdk.ts')
}
