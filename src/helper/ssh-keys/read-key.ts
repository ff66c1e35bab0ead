import { readWholeFile } from '../../core/files/read-file.ts'
import { Secret } from '../../core/secret.ts'
import { type KeyFile, maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import { KeyFileError } from '../../ssh/key-files/key-file-error.ts'
import { readKeyFile } from '../../ssh/key-files/read-key-file.ts'
import { readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** How often a passphrase may be wrong, as with ssh-add. */
const maxTries = 3

/**
 * The key in a file, or on the standard input (`-`). Its passphrase is asked for at the terminal.
 * @throws {HelperError} REFUSED, CANCELLED, PERSON_NEEDED; {FileError}; the system's error
 */
export async function readKey(file: string, context: CommandContext): Promise<KeyFile> {
  const content =
    file === '-'
      ? Buffer.from(await context.readInput(), 'utf8')
      : await readWholeFile(file, { maxBytes: maxKeyFileBytes, isTrusted: false })
  try {
    return await open(content, file, context)
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const { message, hint, cause } = error
    const name = file === '-' ? 'the standard input' : file
    throw new HelperError('REFUSED', `${name}: ${message}`, { cause, hint: hint ?? 'latchkey help ssh keys add' })
  } finally {
    content.fill(0)
  }
}

async function open(content: Buffer, file: string, context: CommandContext): Promise<KeyFile> {
  try {
    return await readKeyFile(content)
  } catch (error) {
    if (!isKeyFileError(error, 'KEY_FILE_ENCRYPTED')) throw error
  }
  for (let tries = 1; ; tries += 1) {
    try {
      return await readKeyFile(content, new Secret(await readTyped(context, passphraseOf(file), false)))
    } catch (error) {
      if (!isKeyFileError(error, 'KEY_FILE_PASSPHRASE') || tries === maxTries) throw error
      context.note(`${error.message}\n`)
    }
  }
}

const passphraseOf = (file: string) => `passphrase of ${file === '-' ? 'the key' : file}`

const isKeyFileError = (error: unknown, code: KeyFileError['code']): error is KeyFileError =>
  error instanceof KeyFileError && error.code === code
