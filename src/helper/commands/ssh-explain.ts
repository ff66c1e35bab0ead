import type { Command } from 'commander'
import { displayJson } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { meaningOf } from '../ssh/attempt-meaning.ts'
import { explainHost } from '../ssh/explain-host.ts'
import type { SshExplanation } from '../ssh/explanation.ts'
import { readSshSettings, type SshTarget, tryLogin } from '../ssh/run-ssh.ts'
import { formatSshExplanation } from '../ssh/ssh-report.ts'
import { addSshOptions, sshDestination } from './ssh-target.ts'

/** `latchkey ssh explain` */
export function addSshExplainCommand(ssh: Command, context: CommandContext): void {
  const explain = ssh
    .command('explain')
    .description('show which identities ssh offers to a host, why, and what a server may refuse; calls nothing')
    .argument('<host>', '[USER@]HOST, as for ssh', sshDestination)
    .option('--try', 'log in once, and say what the answer of the server means')
    .option('--json', 'print it as JSON')
  const options = addSshOptions(explain)
  explain.action(async (host: string, { try: isTried, json }: { try?: true; json?: true }) => {
    const target: SshTarget = { destination: host, options }
    const explanation = await (isTried ? tryAndExplain(target, context) : explainOnly(target, context))
    context.print(json ? `${displayJson(explanation, 2)}\n` : formatSshExplanation(explanation, context.nowMs()))
    const { attempt } = explanation
    if (attempt === undefined || attempt.outcome.type === 'in') return
    throw new HelperError('REFUSED', attempt.meaning, { hint: attempt.hint })
  })
}

async function explainOnly(target: SshTarget, context: CommandContext): Promise<SshExplanation> {
  return await explainHost(target, await readSshSettings(target, context), context)
}

/** First the login, which fetches what is needed: then what is held can be explained. */
async function tryAndExplain(target: SshTarget, context: CommandContext): Promise<SshExplanation> {
  const settings = await readSshSettings(target, context)
  const attempt = await tryLogin(target, settings, context)
  const explanation = await explainHost(target, settings, context)
  return { ...explanation, attempt: { ...attempt, ...meaningOf(attempt, explanation, settings, target) } }
}
