import { createHash } from 'node:crypto'
import { readWholeFile } from '../../core/files/read-file.ts'
import { homeFolder } from '../../core/places/home.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellPath, shellWord } from '../../core/text/shell-word.ts'
import { maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import type { CommandContext } from '../command-context.ts'
import { type BegunDeletion, begunDeletions } from './begun-deletions.ts'
import { plaintextCopies, withoutComment } from './plaintext-copies.ts'

/** A key that is stored. */
interface NamedKey {
  name: string
  /** Its public line. */
  key: string
}

/** Warns of what has the private half of a key outside of the keychain: what a killed command left, and files in `~/.ssh`. */
export async function warnOfPlaintext(keys: readonly NamedKey[], context: CommandContext): Promise<void> {
  const begun = await begunDeletions(context)
  for (const deletion of begun) context.note(await leftWarning(deletion))
  const names = new Map(keys.map(({ key, name }) => [withoutComment(key), name]))
  for (const [key, paths] of await plaintextCopies(homeFolder(context.environment), [...names.keys()]))
    for (const path of paths)
      if (!begun.some(({ aside }) => aside === path)) context.note(copyWarning(path, names.get(key)!))
}

/** The hint has the key sign once more: the stored one may be gone meanwhile. */
async function leftWarning({ path, aside, name, digest }: BegunDeletion): Promise<string> {
  const [was, is] = [displayLine(path), displayLine(aside)]
  return (await digestOf(aside)) === digest
    ? `WARNING: ${was} was not deleted to the end: it is ${is} now, with the key\nhint: ${commandToDelete(aside, name)}\n`
    : `WARNING: what has come to the place of ${was} while that was deleted is ${is} now\nhint: mv -n ${shellPath(aside)} ${shellPath(path)}\n`
}

const copyWarning = (path: string, name: string): string =>
  `WARNING: ${displayLine(path)} has the same key without a passphrase: whoever reads it needs no keychain\nhint: ${commandToDelete(path, name)}\n`

const commandToDelete = (path: string, name: string) =>
  `latchkey ssh keys add --name ${shellWord(name)} --delete-file ${shellPath(path)}`

/** SHA-256 of a file, in hexadecimal digits; undefined where it cannot be read. */
async function digestOf(path: string): Promise<string | undefined> {
  const read = readWholeFile(path, { maxBytes: maxKeyFileBytes, isTrusted: false })
  const content = await read.catch(() => undefined)
  return content && createHash('sha256').update(content).digest('hex')
}
