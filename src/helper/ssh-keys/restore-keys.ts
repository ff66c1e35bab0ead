import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'

/** Has the list of static keys made anew, and says what came of it. */
export async function restoreKeys({ daemon, print, note }: CommandContext): Promise<void> {
  const { keychain, restored, unreadable, missing, repeated, formerList } = await daemon.call('restoreSshKeys')
  const where = `the keychain (${displayLine(keychain)})`
  for (const name of restored) print(`listed the static key ${displayLine(name)} as ${where} has it\n`)
  if (restored.length === 0) print(`${where} shows no static key that is not listed as it is there\n`)
  if (formerList !== undefined) note(`the former list, which was damaged, is ${displayLine(formerList)}\n`)
  for (const name of missing)
    note(
      `${where} does not show the listed key ${displayLine(name)}\nhint: unlock it, and latchkey ssh keys restore; or latchkey ssh keys add --name ${shellWord(name)} FILE\n`,
    )
  for (const name of unreadable)
    note(`what ${where} has of ${displayLine(name)} is no key in a form that is known here; it was left alone\n`)
  for (const name of repeated)
    note(
      `${where} has a key under the name ${displayLine(name)} that is listed under another one\nhint: latchkey ssh keys remove ${shellWord(name)}\n`,
    )
}
