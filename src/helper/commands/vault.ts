import type { Command } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import type { LoggedIn } from '../../ipc/endpoints/vault.ts'
import type { CommandContext } from '../command-context.ts'
import { formatTimeLeft } from '../status-report.ts'

/** `latchkey login` and `latchkey logout` */
export function addVaultCommands(program: Command, context: CommandContext): void {
  program
    .command('login')
    .description('log in to a Vault; asks for the password where its method needs one')
    .argument('[vault]', 'its name in the configuration; may be left out where there is only one')
    .action(async (vault: string | undefined) => {
      context.print(formatLoggedIn(await context.daemon.call('login', { body: named(vault) }), context.nowMs()))
    })
  program
    .command('logout')
    .description("revoke latchkey's own token of a Vault and forget it")
    .argument('[vault]', 'its name in the configuration; may be left out where there is only one')
    .action(async (vault: string | undefined) => {
      await context.daemon.call('logout', { body: named(vault) })
      context.print(`logged out${vault === undefined ? '' : ` of ${displayLine(vault)}`}\n`)
    })
}

const named = (vault: string | undefined) => (vault === undefined ? {} : { vault })

function formatLoggedIn({ vault, displayName, policies, expiresAt, isInline }: LoggedIn, nowMs: number): string {
  if (isInline === true) {
    return `${displayLine(vault)} accepts the login as ${displayLine(displayName)}, which goes along with each request: there is no token\n`
  }
  const lifetime = expiresAt === undefined ? 'it does not expire' : `${formatTimeLeft(expiresAt, nowMs)} left`
  return `logged in to ${displayLine(vault)} as ${displayLine(displayName)} (policies: ${displayLine(policies.join(', '))}; ${lifetime})\n`
}
