import type { Command } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import type { LoggedIn } from '../../ipc/endpoints/vault.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatLeft } from '../time-left.ts'
import { chooseLogin, howToKeep } from '../vault/choose-login.ts'

/** `latchkey login` and `latchkey logout` */
export function addVaultCommands(program: Command, context: CommandContext): void {
  program
    .command('login')
    .description('log in to a Vault; asks for the password where its method needs one')
    .argument('[vault]', 'its name in the configuration; may be left out where there is only one')
    .action(async (vault: string | undefined) => {
      const { loggedIn, keep } = await logIn(vault, context)
      context.print(formatLoggedIn(loggedIn, context.nowMs()) + keep)
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

/** Where config.toml does not say how, the person chooses. */
async function logIn(
  vault: string | undefined,
  context: CommandContext,
): Promise<{ loggedIn: LoggedIn; keep: string }> {
  const { daemon } = context
  try {
    return { loggedIn: await daemon.call('login', { body: named(vault) }), keep: '' }
  } catch (error) {
    if (!(error instanceof HelperError) || error.refusal !== 'VAULT_METHOD_NEEDED') throw error
  }
  const offered = await daemon.call('offerLogins', { body: named(vault) })
  const { auth, why } = await chooseLogin(offered, context)
  context.note(why)
  return { loggedIn: await daemon.call('login', { body: { ...named(vault), auth } }), keep: howToKeep(auth, offered) }
}

const named = (vault: string | undefined) => (vault === undefined ? {} : { vault })

function formatLoggedIn({ vault, displayName, policies, expiresAt, isInline }: LoggedIn, nowMs: number): string {
  if (isInline === true) {
    return `${displayLine(vault)} accepts the login as ${displayLine(displayName)}, which goes along with each request: there is no token\n`
  }
  const lifetime = expiresAt === undefined ? 'it does not expire' : formatLeft(expiresAt, nowMs)
  return `logged in to ${displayLine(vault)} as ${displayLine(displayName)} (policies: ${displayLine(policies.join(', '))}; ${lifetime})\n`
}
