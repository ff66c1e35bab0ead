import type { Command } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import { runCredentials } from '../asking/credentials.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatLoggedIn, formatUntil } from '../logged-in.ts'
import { addAwsCheckCommand } from './aws-check.ts'
import { addAwsConsoleCommand } from './aws-console.ts'
import { addAwsExecCommands } from './aws-exec.ts'
import { addAwsExplainCommand } from './aws-explain.ts'
import { addAwsKeysCommands } from './aws-keys.ts'
import { addAwsLinksCommand } from './aws-links.ts'
import { addAwsMfaCommands } from './aws-mfa.ts'
import { addAwsProfilesCommands } from './aws-profiles.ts'
import { addAwsServeCommand } from './aws-serve.ts'
import { addAwsTotpCommands } from './aws-totp.ts'

/** `latchkey aws …` */
export function addAwsCommands(program: Command, context: CommandContext, finish: (status: number) => void): void {
  // What follows -- is a command's own, and is not looked at before it gets there.
  const aws = program.command('aws').description('AWS credentials behind one MFA code').enablePositionalOptions()
  aws
    .command('credentials')
    .description('print the credentials of a profile as one line of JSON (the credential_process of the AWS SDKs)')
    .argument('<profile>', 'a profile of config.toml or ~/.aws/config')
    .action(async (profile: string) => {
      // Both streams are written by then, and the connection is still open.
      process.exit(await runCredentials(profile, context.environment))
    })
  aws
    .command('login')
    .description('begin the MFA session behind a profile; prints no secret')
    .argument('[profile]', 'a profile or source; may be left out where there is only one MFA device')
    .option('--before-expiry', 'begin a new session, though one is held')
    .action(async (profile: string | undefined, { beforeExpiry }: { beforeExpiry?: true }) => {
      const body = {
        ...(profile === undefined ? {} : { profile }),
        ...(beforeExpiry ? { since: new Date(context.nowMs()).toISOString() } : {}),
      }
      context.print(formatLoggedIn(await context.daemon.call('awsLogin', { body }), context.nowMs()))
    })
  aws
    .command('refresh')
    .description("get the credentials of a profile's role anew; the MFA session is kept")
    .argument('<profile>', 'a profile that has a role')
    .action(async (profile: string) => {
      const { roleArn, expiresAt } = await context.daemon.call('refreshCredentials', { params: { profile } })
      context.print(`${displayLine(`new credentials of ${roleArn}`)}, ${formatUntil(expiresAt, context.nowMs())}\n`)
    })
  addAwsExplainCommand(aws, context)
  addAwsExecCommands(aws, context, finish)
  addAwsServeCommand(aws, context)
  addAwsConsoleCommand(aws, context)
  addAwsProfilesCommands(aws, context)
  addAwsLinksCommand(aws, context)
  addAwsKeysCommands(aws, context)
  addAwsMfaCommands(aws, context)
  addAwsCheckCommand(aws, context, finish)
  addAwsTotpCommands(aws, context)
  aws
    .command('forget')
    .description('drop the credentials of a profile and the MFA session behind them')
    .argument('[profile]', 'the profile')
    .option('--all', 'drop all')
    .action(async (profile: string | undefined, { all }: { all?: true }) => {
      const { forgotten } = await context.daemon.call('forgetCredentials', { body: target(profile, all) })
      context.print(
        forgotten.length === 0 ? 'nothing was held\n' : forgotten.map((what) => `${displayLine(what)}\n`).join(''),
      )
    })
}

function target(profile: string | undefined, all: true | undefined): { profile: string } | { all: true } {
  if (profile !== undefined && all === undefined) return { profile }
  if (profile === undefined && all) return { all }
  throw new HelperError('USAGE', 'name a profile, or say --all', { hint: 'latchkey help aws forget' })
}
