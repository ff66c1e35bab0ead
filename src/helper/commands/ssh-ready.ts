import { type Command, InvalidArgumentError } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import type { SshRenewed } from '../../ipc/endpoints/ssh-ready.ts'
import { askForSshReady } from '../asking/ssh-ready.ts'
import { createTerminalAccess } from '../asking/terminal.ts'
import { showOnTerminal } from '../asking/terminal-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { ifRunningOption, isPort, knownTarget, readyStatus } from '../fast/ssh-ready.ts'
import { knownUser } from '../known-user.ts'
import { formatUntil } from '../logged-in.ts'
import { formatProblem } from '../problem-lines.ts'
import { callingSsh } from '../ssh/calling-ssh.ts'

interface ReadyOptions {
  user?: string
  port?: number
  hostname?: string
  ifRunning?: boolean
}

/** `latchkey ssh ready` and `latchkey ssh renew` */
export function addSshReadyCommands(ssh: Command, context: CommandContext, finish: (status: number) => void): void {
  ssh
    .command('ready')
    .description('ensure a certificate before ssh logs in; for Match exec in ssh_config')
    .argument('<host>', 'the host as known_hosts has it: %k, or %h before OpenSSH 8.4')
    .option('--user <user>', 'who logs in there: %r (default: who runs it)')
    .option('--port <port>', 'the port: %p', port)
    .option('--hostname <name>', 'where ssh connects to: %h; where HOST is another name, the port does not count')
    .option(ifRunningOption, 'exit with 1 where no daemon runs, so that the lines below the Match do not count')
    .action(async (host: string, { user = knownUser().username, port, hostname, ifRunning = false }: ReadyOptions) => {
      const target = knownTarget({ user, host, hostname, port })
      const outcome = await askForSshReady(target, context.environment, {
        terminal: createTerminalAccess(context.environment),
        ssh: callingSsh(process.ppid),
        readLine: context.readLine,
        show: showOnTerminal,
        note: context.note,
      })
      finish(readyStatus(outcome, ifRunning))
    })
  ssh
    .command('renew')
    .description('get new certificates now, without a logout')
    .argument('[name]', 'of the identity; without it, for all')
    .action(async (identity: string | undefined) => {
      const { identities } = await context.daemon.call('renewSsh', { body: identity === undefined ? {} : { identity } })
      context.print(identities.map((one) => formatRenewed(one, context.nowMs())).join(''))
      const failed = identities.filter(({ error }) => error !== undefined)
      if (failed.length === 0) return
      const names = failed.map(({ name }) => name).join(', ')
      throw new HelperError('REFUSED', `no new certificate for ${names}`, { hint: 'latchkey status' })
    })
}

function formatRenewed(
  { name, principals, validBefore, error }: SshRenewed['identities'][number],
  nowMs: number,
): string {
  if (error !== undefined) return `${displayLine(name)}:\n${formatProblem(error)}`
  const until = validBefore === undefined ? 'without end' : formatUntil(validBefore, nowMs)
  return `${displayLine(`${name}: a new certificate for ${principals.join(', ')}`)}, ${until}\n`
}

function port(text: string): number {
  if (!isPort(text)) throw new InvalidArgumentError('That is no port.')
  return Number(text)
}
