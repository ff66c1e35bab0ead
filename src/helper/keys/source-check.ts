import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { confirmTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/**
 * Asks about a name that is probably not the one that a key belongs under: nobody finds it under a mistyped name, and it
 * is never stored under a role's.
 * @param command what was run, up to the name; @param option what stands before the name; @param isMeant whatever speaks against it
 * @throws {HelperError} REFUSED: it is a role's; USAGE: nobody can be asked; CANCELLED
 */
export async function checkSource(
  source: string,
  { command, option = '', isMeant = false }: { command: string; option?: string; isMeant?: boolean | undefined },
  context: CommandContext,
): Promise<void> {
  const { doubt } = await context.daemon.call('getSource', { params: { source } })
  const nameAs = (name: string) => `${option}${shellWord(name)}`
  const right = doubt?.instead[0] === undefined ? '' : `${command} ${nameAs(doubt.instead[0])}; `
  if (doubt?.isTaken) {
    const hint = `${right}or under a name that no profile has: ${command} --new ${option}NAME`
    throw new HelperError('REFUSED', doubt.reason, { hint })
  }
  if (doubt === undefined || isMeant) return
  const hint = `${right}if ${source} is meant: ${command} --new ${nameAs(source)}`
  if (!context.hasTypedInput) throw new HelperError('USAGE', doubt.reason, { hint })
  const question = `${displayLine(doubt.reason)}\nstore a key as ${displayLine(source)} anyway?`
  if (!(await confirmTyped(context, question)))
    throw new HelperError('CANCELLED', `nothing was stored: ${doubt.reason}`, { hint })
}
