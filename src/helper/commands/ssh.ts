import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { needTerminal } from '../mfa/known-source.ts'
import { addSshCloudInitCommand } from './ssh-cloud-init.ts'
import { addSshConfigCommand } from './ssh-config.ts'
import { addSshExplainCommand } from './ssh-explain.ts'
import { addSshHostCheckCommand } from './ssh-host-check.ts'
import { addSshHostSignCommand } from './ssh-host-sign.ts'
import { addSshKeysCommands } from './ssh-keys.ts'
import { addSshKnownHostsCommand } from './ssh-known-hosts.ts'
import { addSshReadyCommands } from './ssh-ready.ts'
import { addSshTrustCommand } from './ssh-trust.ts'

/** `latchkey ssh …` */
export function addSshCommands(program: Command, context: CommandContext, finish: (status: number) => void): void {
  const ssh = program.command('ssh').description('the SSH agent, and what ssh offers of it')
  addSshTrustCommand(ssh, context)
  addSshExplainCommand(ssh, context)
  addSshConfigCommand(ssh, context)
  addSshReadyCommands(ssh, context, finish)
  ssh
    .command('approve')
    .description('wait in this terminal for the questions whether a key may be used, and answer them; Ctrl-C ends it')
    .action(async () => {
      needTerminal(context, 'approving the use of keys')
      context.note('waiting for keys that are to be confirmed; Ctrl-C ends it\n')
      for (;;) await context.daemon.call('attendConfirmations')
    })
  addSshKeysCommands(ssh, context)
  addSshCloudInitCommand(ssh, context)
  addSshKnownHostsCommand(ssh, context)
  addSshHostSignCommand(ssh, context)
  addSshHostCheckCommand(ssh, context)
}
