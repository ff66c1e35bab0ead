import type { Command } from 'commander'
import type { Environment } from '../../core/places/environment.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { trustedProgram } from '../../core/trust/program-trust.ts'
import type { CommandContext } from '../command-context.ts'
import { formatConfigProblems } from '../config-report.ts'
import { HelperError } from '../fast/failure.ts'
import { formatDirections } from '../service/directions.ts'
import { installService, uninstallService } from '../service/install.ts'
import { type ServiceHost, serviceHost } from '../service/service-host.ts'
import { notInstalled } from '../service/service-manager.ts'
import { askConfig, awaitApi, probeAgent, probeApi } from '../service/socket-probe.ts'
import { goneCommand } from '../ssh-config/state.ts'
import { formatTable } from '../text-table.ts'

/** `latchkey service …` */
export function addServiceCommands(program: Command, context: CommandContext): void {
  const service = program.command('service').description("latchkey as this user's service (systemd, launchd)")
  service
    .command('install')
    .description('write the service files, show them, and start the service')
    .option('--dry-run', 'only show what would be done')
    .option('--force', 'replace files that have been edited')
    .action(async ({ dryRun, force }: { dryRun?: true; force?: true }) => {
      const host = await serviceHost(context.environment)
      // What is started at each login must be what was installed.
      for (const program of dryRun ? [] : host.programs) trustedProgram(program, undefined)
      if (!dryRun) await refuseOtherDaemon(host)
      const deps = { manager: host.manager, run: host.run, print: context.print }
      await installService(deps, { isDryRun: dryRun ?? false, isForced: force ?? false })
      if (dryRun) return
      await confirmRunning(host, context)
      context.print(formatDirections(host.sockets.agent, context.environment))
    })
  service
    .command('uninstall')
    .description('stop the service and remove its files')
    .option('--force', 'also remove files that have been edited')
    .action(async ({ force }: { force?: true }) => {
      const host = await serviceHost(context.environment)
      const deps = { manager: host.manager, run: host.run, print: context.print }
      await uninstallService(deps, { isForced: force ?? false })
    })
  service
    .command('status')
    .description('show whether the service is installed and running, and whether its sockets answer')
    .action(async () => {
      await reportService(await serviceHost(context.environment), context.print)
      await refuseGoneCommand(context.environment)
    })
}

/** systemd would take the sockets' paths away from a daemon that was started in another way. */
async function refuseOtherDaemon({ manager, run, sockets }: ServiceHost): Promise<void> {
  const fault = findPathFault(sockets.api)
  if (fault !== undefined) throw new HelperError('SERVICE_FAILED', fault.message, { hint: fault.hint })
  const parts = await manager.parts(run)
  if (parts.some(({ state }) => state.startsWith('active') || state === 'running')) return
  if ((await probeApi(sockets.api)).type === 'silent') return
  throw new HelperError('SERVICE_FAILED', `a daemon that is not the service already listens on ${sockets.api}`, {
    hint: 'stop it (latchkey status shows its pid), then latchkey service install',
  })
}

/** @throws {HelperError} SERVICE_FAILED: it does not answer, or its configuration has mistakes, which have been printed */
async function confirmRunning({ manager, sockets }: ServiceHost, { print }: CommandContext): Promise<void> {
  const answer = await awaitApi(sockets.api)
  if (answer.type === 'silent') {
    const message = `the service is installed, but does not answer on ${sockets.api}: ${answer.reason}`
    throw new HelperError('SERVICE_FAILED', message, { hint: manager.logHint })
  }
  await refuseMistakes(sockets.api, print)
}

/** @throws {HelperError} SERVICE_FAILED, after the mistakes have been printed */
async function refuseMistakes(apiSocket: string, print: (text: string) => void): Promise<void> {
  const report = await askConfig(apiSocket)
  if (report === undefined) return
  print(formatConfigProblems(report))
  if (report.errors.length === 0) return
  const message = `the service runs without a part of its configuration: ${report.file} has mistakes`
  throw new HelperError('SERVICE_FAILED', message, {
    hint: `edit ${report.file}, which takes effect at once; then latchkey service status`,
  })
}

/** @throws {HelperError} SERVICE_FAILED, after the report, where something is not as it should be */
async function reportService({ manager, run, sockets }: ServiceHost, print: (text: string) => void): Promise<void> {
  await manager.check(run)
  // Before the state is read, since a connection starts a service that waits for one.
  const answers = [
    { name: 'agent socket', path: sockets.agent, answer: await probeAgent(sockets.agent) },
    { name: 'api socket', path: sockets.api, answer: await probeApi(sockets.api) },
  ]
  const parts = await manager.parts(run)
  const partRows = parts.map(({ name, state, failure }) => [
    name,
    failure === undefined ? state : `${state}: ${failure}`,
  ])
  const socketRows = answers.map(({ name, path, answer }) => [
    name,
    answer.type === 'answers' ? `${path} answers` : `${path}: ${answer.reason}`,
  ])
  print(formatTable([...partRows, ...socketRows]))
  if (parts.some(({ state }) => state === notInstalled)) {
    throw new HelperError('SERVICE_FAILED', 'the service is not installed', { hint: 'latchkey service install' })
  }
  const silent = answers.filter(({ answer }) => answer.type === 'silent').map(({ name }) => name)
  if (silent.length > 0) {
    const hint = `${manager.logHint}; latchkey service install starts it again`
    throw new HelperError('SERVICE_FAILED', `no answer on the ${silent.join(' and the ')}`, { hint })
  }
  await refuseMistakes(sockets.api, print)
}

/** @throws {HelperError} SERVICE_FAILED: ~/.ssh/config runs a latchkey that is not there any more */
async function refuseGoneCommand(environment: Environment): Promise<void> {
  const gone = await goneCommand(environment)
  if (gone === undefined) return
  const message = `${gone.file}, which ssh reads, runs a latchkey that is gone: ${gone.latchkey}`
  throw new HelperError('SERVICE_FAILED', message, { hint: gone.writtenBy })
}
