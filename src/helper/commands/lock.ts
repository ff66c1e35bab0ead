import type { Command } from 'commander'
import { readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatProblem } from '../problem-lines.ts'

/** `latchkey lock` and `latchkey unlock` */
export function addLockCommands(program: Command, context: CommandContext): void {
  program
    .command('lock')
    .description('lock the SSH agent: no key of it is listed or used until it is unlocked')
    .option('--no-passphrase', 'do not ask for one: latchkey unlock, in a terminal, unlocks it')
    .action(async ({ passphrase: hasPassphrase }: { passphrase: boolean }) => {
      const passphrase = hasPassphrase ? await readNewPassphrase(context) : ''
      const { problem } = await context.daemon.call('lockAgent', { body: passphrase === '' ? {} : { passphrase } })
      const how = passphrase === '' ? 'latchkey unlock in a terminal' : 'latchkey unlock or ssh-add -X'
      context.print(`the SSH agent is locked until ${how}; AWS credentials and Vaults are not touched\n`)
      context.note(formatProblem(problem))
    })
  program
    .command('unlock')
    .description('unlock the SSH agent; a passphrase is typed, or comes as a line on stdin')
    .action(async () => {
      const first = await context.daemon.call('unlockAgent', { body: {} })
      const { problem } =
        first.type === 'unlocked'
          ? first
          : await context.daemon.call('unlockAgent', { body: { passphrase: await readPassphrase(context) } })
      context.print('the SSH agent is unlocked\n')
      context.note(formatProblem(problem))
    })
}

/** Typed twice, or a line of stdin; empty for none. */
async function readNewPassphrase(context: CommandContext): Promise<string> {
  if (!context.hasTypedInput) return inUtf8(firstLine(await context.readInput()), 'ssh-add -x')
  const typed = inUtf8(await readTyped(context, 'passphrase to unlock it with (empty: none)', false), 'ssh-add -x')
  if (typed !== '' && typed !== (await readTyped(context, 'the same again', false)))
    throw new HelperError('REFUSED', 'the passphrases differ: nothing is locked', { hint: 'latchkey lock' })
  return typed
}

async function readPassphrase(context: CommandContext): Promise<string> {
  const passphrase = context.hasTypedInput
    ? await readTyped(context, 'passphrase', false)
    : firstLine(await context.readInput())
  if (passphrase !== '') return inUtf8(passphrase, 'ssh-add -X')
  throw new HelperError('REFUSED', 'the SSH agent was locked with a passphrase, and none is given', {
    hint: 'latchkey unlock',
  })
}

/** What stands for bytes that are no UTF-8 stands for all of them: another passphrase would pass for this one. */
function inUtf8(passphrase: string, forAnyBytes: string): string {
  if (!passphrase.includes('\ufffd')) return passphrase
  throw new HelperError('REFUSED', 'the passphrase is not in UTF-8', {
    hint: `${forAnyBytes} takes a passphrase of any bytes`,
  })
}

const firstLine = (text: string) => text.split(/\r?\n/, 1)[0]!
