import { displayLine } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { tryProfiles } from './try-profiles.ts'

/**
 * Tries roles, and says which of them work.
 * @param what they are, such as `new roles`
 * @throws {HelperError} of some it was not found out, as where nobody gives the code
 */
export async function reportTried(names: readonly string[], what: string, context: CommandContext): Promise<void> {
  if (names.length === 0) return
  const { tried, untried, failure } = await tryProfiles(names, context)
  const failed = tried.filter(({ reason }) => reason !== undefined)
  if (tried.length > 0) context.print(`${tried.length - failed.length} of ${names.length} ${what} work\n`)
  for (const { name, reason } of failed) context.print(`${displayLine(`${name} does not work: ${reason}`)}\n`)
  if (failure === undefined) return
  const code = failure instanceof HelperError ? failure.code : 'REFUSED'
  const again = 'this command again with --try'
  // The daemon's words end with the command that was run, which would write what is written already.
  const first = failure.hint?.replace(/, then run the command again$/, '')
  throw new HelperError(code, `${untried.length} of ${names.length} ${what} were not tried: ${failure.message}`, {
    cause: failure,
    hint: first === undefined ? again : `${first}, then ${again}`,
  })
}
