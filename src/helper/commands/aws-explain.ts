import type { Command } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import type { ProfileExplanation } from '../../ipc/endpoints/aws-explain.ts'
import type { CommandContext } from '../command-context.ts'
import { formatLeft } from '../time-left.ts'

/** `latchkey aws explain` */
export function addAwsExplainCommand(aws: Command, context: CommandContext): void {
  aws
    .command('explain')
    .description('show the steps to the credentials of a profile, and which of them are held; calls nothing')
    .argument('<profile>', 'a profile or source')
    .option('--try', 'then get the credentials, and say what AWS said')
    .option('--json', 'print it as JSON')
    .action(async (profile: string, options: { try?: true; json?: true }) => {
      const explain = () => context.daemon.call('explainProfile', { params: { profile } })
      const print = (explanation: ProfileExplanation) =>
        context.print(
          options.json ? `${displayJson(explanation, 2)}\n` : formatExplanation(explanation, context.nowMs()),
        )
      if (!options.try) return print(await explain())
      // What is in the way is shown with the whole way: the error follows on stderr.
      try {
        await context.daemon.call('getCredentials', { params: { profile } })
      } finally {
        print(await explain())
      }
    })
}

const states: Readonly<Record<ProfileExplanation['steps'][number]['state'], string>> = {
  held: 'held',
  missing: 'missing',
  'when-needed': 'got when it is needed',
  unknown: 'not known',
}

function formatExplanation({ profile, steps, notices }: ProfileExplanation, nowMs: number): string {
  const lines = steps.flatMap(({ what, details, state, expiresAt, hint }, index) => {
    const left = expiresAt === undefined ? '' : `, ${formatLeft(expiresAt, nowMs)}`
    return [
      `${index + 1}. ${displayLine(what)}: ${states[state]}${left}${hint === undefined ? '' : `: ${displayLine(hint)}`}`,
      ...details.map((detail) => `   ${displayLine(detail)}`),
    ]
  })
  return [
    `profile ${displayLine(profile)}`,
    ...lines,
    ...notices.map((notice) => `  ! ${displayLine(notice)}`),
    '',
  ].join('\n')
}
