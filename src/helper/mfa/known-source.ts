import { shellWord } from '../../core/text/shell-word.ts'
import type { SourceStanding } from '../../ipc/endpoints/aws-keys.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** The source that a command is about where none is named. */
export const defaultSource = 'master'

/**
 * What is known of a source that should have a key already.
 * @param command `latchkey aws mfa list`
 * @throws {HelperError} USAGE: the name is probably another one's
 */
export async function knownSource(source: string, command: string, context: CommandContext): Promise<SourceStanding> {
  const standing = await context.daemon.call('getSource', { params: { source } })
  const { doubt } = standing
  if (doubt === undefined) return standing
  throw new HelperError('USAGE', doubt.reason, { hint: `${command} ${shellWord(doubt.instead[0] ?? source)}` })
}

/** Refuses to begin a dialogue that nobody can answer. @throws {HelperError} USAGE */
export function needTerminal({ hasTypedInput }: CommandContext, what: string): void {
  if (!hasTypedInput) throw new HelperError('USAGE', `${what} takes a terminal`, { hint: 'run it in a terminal' })
}
