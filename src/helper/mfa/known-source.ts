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
  const { doubt, section } = standing
  const again = (name: string | undefined) => ({ hint: `${command} ${shellWord(name ?? source)}` })
  if (doubt !== undefined) throw new HelperError('USAGE', doubt.reason, again(doubt.instead[0]))
  if (section !== undefined) return standing
  const stored = (await context.daemon.call('listKeys')).keys.map((key) => key.source)
  if (stored.length === 0 || stored.includes(source)) return standing
  throw new HelperError('USAGE', `there is no source ${source}; there is ${stored.join(' and ')}`, again(stored[0]))
}

/** Refuses to begin a dialogue that nobody can answer. @throws {HelperError} USAGE */
export function needTerminal({ hasTypedInput }: CommandContext, what: string): void {
  if (!hasTypedInput) throw new HelperError('USAGE', `${what} takes a terminal`, { hint: 'run it in a terminal' })
}
