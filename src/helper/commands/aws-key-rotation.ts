import type { Command } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { RotationRequest, RotationStep } from '../../ipc/endpoints/aws-key-rotation.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { keyAge, lastUse } from '../key-report.ts'
import { withSession } from '../with-session.ts'

/** `latchkey aws keys rotate` */
export function addAwsKeyRotationCommand(keys: Command, context: CommandContext): void {
  keys
    .command('rotate')
    .description('replace a key by a new one; the former one ends inactive, and is deleted by --finish')
    .argument('<source>', "the name of the key's section, [aws.source.NAME] in the configuration")
    .option('--finish', 'delete the key that was replaced, when nothing has missed it for some days')
    .option('--now', 'with --finish: even if it was replaced less than a day ago')
    .action(async (source: string, { finish, now }: { finish?: true; now?: true }) => {
      if (now && !finish)
        throw new HelperError('USAGE', '--now goes with --finish', { hint: 'latchkey help aws keys rotate' })
      await rotate(source, { finish: finish === true, ...(now ? { now } : {}) }, context)
    })
}

/** Takes step after step, and says what each has done. The daemon knows how far it is, whatever ends in between. */
async function rotate(source: string, body: RotationRequest, context: CommandContext): Promise<void> {
  let isUnderWay = false
  const next = () => withSession(source, context, () => context.daemon.call('rotateKey', { params: { source }, body }))
  try {
    for (;;) {
      const step = await next()
      context.print(formatStep(step, source, context.nowMs()))
      if (step.type === 'retired' || step.type === 'finished') return
      isUnderWay = true
    }
  } catch (error) {
    if (isUnderWay) context.note(`it stops here, and goes on from here when the command is run again\n`)
    throw error
  }
}

function formatStep(step: Exclude<RotationStep, { type: 'session-needed' }>, source: string, nowMs: number): string {
  const finish = `latchkey aws keys rotate ${shellWord(source)} --finish`
  return stepLines(step)
    .map((line) => `${displayLine(line)}\n`)
    .join('')

  function stepLines(done: typeof step): string[] {
    switch (done.type) {
      case 'made': {
        const { accessKeyId } = done.former
        return [
          `${accessKeyId}, the access key of ${done.userName}: age ${keyAge(done.former, nowMs)}, last used ${lastUse(done.former)}`,
          `${done.accessKeyId} is made, stored and read back; it is not in use yet`,
        ]
      }
      case 'orphan-deleted':
        return [
          `${done.accessKeyId} is deleted: it was made by a run that was cut off before it could store the secret`,
        ]
      case 'in-use':
        return [`${done.accessKeyId} is known to AWS, and is the key of ${source} now`]
      case 'retired':
        return [
          done.isNew
            ? `${done.formerKeyId} is inactive`
            : `${done.accessKeyId} has replaced ${done.formerKeyId}, which is inactive since ${done.retiredAt}`,
          `if nothing has missed it for some days, this deletes it: ${finish}`,
        ]
      case 'finished':
        return [`${done.formerKeyId} is deleted`]
    }
  }
}
