import type { Command } from 'commander'
import type { LoggedIn, VaultRequest } from '../../ipc/protocol.ts'
import type { CommandContext } from '../command-context.ts'
import { singleLine } from '../failure.ts'
import { formatTimeLeft } from '../status-report.ts'

export function addVaultCommands(program: Command, context: CommandContext): void {
  program
    .command('login')
    .description('log in to a Vault; asks for the password where its method needs one')
    .argument('[vault]', 'its name in the configuration; may be left out where there is only one')
    .action(async (vault: string | undefined) => {
      const request = { method: 'POST', path: '/v1/login', body: bodyFor(vault) } as const
      const loggedIn = (await context.daemon.callWithPrompts(request)) as LoggedIn
      context.print(formatLoggedIn(loggedIn, context.nowMs()))
    })
  program
    .command('logout')
    .description("revoke latchkey's own token of a Vault and forget it")
    .argument('[vault]', 'its name in the configuration; may be left out where there is only one')
    .action(async (vault: string | undefined) => {
      await context.daemon.call({ method: 'POST', path: '/v1/logout', body: bodyFor(vault) })
      context.print(`logged out${vault === undefined ? '' : ` of ${vault}`}\n`)
    })
}

function bodyFor(vault: string | undefined): VaultRequest {
  return vault === undefined ? {} : { vault }
}

function formatLoggedIn({ vault, displayName, policies, expiresAt }: LoggedIn, nowMs: number): string {
  const lifetime = expiresAt === undefined ? 'it does not expire' : `${formatTimeLeft(expiresAt, nowMs)} left`
  return `logged in to ${singleLine(vault)} as ${singleLine(displayName)} (policies: ${singleLine(policies.join(', '))}; ${lifetime})\n`
}
