import { type Command, InvalidArgumentError } from 'commander'
import { errorCode } from '../../core/errors.ts'
import type { CommandContext } from '../command-context.ts'
import { profileVariables } from '../exec/credential-variables.ts'
import { variableFormats } from '../exec/variable-formats.ts'
import { HelperError } from '../fast/failure.ts'
import { givenProfile, profileNames } from './given-profile.ts'

/** `latchkey aws serve` */
export function addAwsServeCommand(aws: Command, context: CommandContext): void {
  aws
    .command('serve')
    .description('serve profiles as container credentials on this machine until Ctrl-C, and print the variables')
    .argument('<profiles...>', 'profiles of config.toml or ~/.aws/config', profileNames)
    .option('--port <port>', 'listen on this port of 127.0.0.1 (default: a free one)', readPort)
    .action(async (profiles: readonly string[], { port = 0 }: { port?: number }) => {
      // One after the other: the first may ask for a code, and the others then need none.
      const given = []
      for (const profile of profiles) given.push((await givenProfile(profile, context)).given)
      const { openEndpoint } = await import('../serving/open-endpoint.ts')
      const server = await openEndpoint(context, profiles, port).catch((cause: unknown) => {
        throw notListening(port, cause)
      })
      try {
        const blocks = given.map((each) => {
          const { AWS_VAULT: _, ...region } = profileVariables(each)
          return variableFormats.dotenv({ set: { ...server.variables(each.profile), ...region }, unset: [] })
        })
        context.print(blocks.map((block, index) => `${heading(profiles, index)}${block}\n`).join(''))
        await context.untilStopped()
      } finally {
        await server.close()
      }
    })
}

/** Which variables are whose, where that is a question. */
function heading(profiles: readonly string[], index: number): string {
  return profiles.length === 1 ? '' : `# ${profiles[index]}\n`
}

/** What is wrong with the port, or the cause where it is not that. */
export function notListening(port: number, cause: unknown): unknown {
  const code = errorCode(cause)
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return cause
  const why = code === 'EACCES' ? 'is only for the superuser' : 'is taken'
  const hint = 'take another with --port, or none for a free one'
  return new HelperError('REFUSED', `port ${port} ${why}`, { cause, hint })
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('not a port')
}
