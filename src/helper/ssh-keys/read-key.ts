import { lstatSync } from 'node:fs'
import { CodedError, describeError } from '../../core/errors.ts'
import { readWholeFile } from '../../core/files/read-file.ts'
import { Secret } from '../../core/secret.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellPath } from '../../core/text/shell-word.ts'
import { type KeyFile, maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import { type Conversion, KeyFileError } from '../../ssh/key-files/key-file-error.ts'
import { readKeyFile } from '../../ssh/key-files/read-key-file.ts'
import { readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** How often a passphrase may be wrong, as with ssh-add. */
const maxTries = 3

/** Where a key is read from, and what else is to be known. */
export interface KeySource {
  /** A path, or `-` for the standard input. */
  file: string
  /** What the key is to be called. */
  name: string
  /** The command that adds another file in the place of this one. @param word that file, as a word of a shell */
  addInstead: (word: string) => string
  /** Checks what a person would type a passphrase in vain for. @param publicBlob of the key, where that is legible */
  beforeAsking: (publicBlob: Uint8Array | undefined) => Promise<void>
}

/** The bytes of a file, or of the standard input (`-`). @throws {FileError}; {HelperError} REFUSED */
export async function readContent(file: string, context: CommandContext): Promise<Buffer> {
  if (file === '-') return await context.readInputBytes()
  try {
    return await readWholeFile(file, { maxBytes: maxKeyFileBytes, isTrusted: false })
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const hint = `ls -ld ${shellPath(file)}`
    throw new HelperError('REFUSED', `${displayLine(file)} cannot be read: ${describeError(cause)}`, { cause, hint })
  }
}

/**
 * The key in a file. Its passphrase is asked for at the terminal.
 * @throws {HelperError} REFUSED, CANCELLED, PERSON_NEEDED; what `beforeAsking` throws
 */
export async function openKey(content: Buffer, source: KeySource, context: CommandContext): Promise<KeyFile> {
  try {
    return await open(content, source, context)
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const { message, conversion, cause } = error
    const named = source.file === '-' ? 'the standard input' : source.file
    const hint = conversion === undefined ? error.hint : converted(conversion, source)
    throw new HelperError('REFUSED', `${named}: ${message}`, { cause, hint: hint ?? 'latchkey help ssh keys add' })
  }
}

async function open(content: Buffer, source: KeySource, context: CommandContext): Promise<KeyFile> {
  try {
    return await readKeyFile(content)
  } catch (error) {
    if (!isKeyFileError(error, 'KEY_FILE_ENCRYPTED')) throw error
    await source.beforeAsking(error.publicBlob)
  }
  const question = `passphrase of ${source.file === '-' ? 'the key' : displayLine(source.file)}`
  for (let tries = 1; ; tries += 1) {
    try {
      return await openWith(content, await readTyped(context, question, false))
    } catch (error) {
      if (!isKeyFileError(error, 'KEY_FILE_PASSPHRASE') || tries === maxTries) throw error
      context.note(`${error.message}\n`)
    }
  }
}

/** Tries the passphrase in UTF-8, then as PuTTY has sent it under Windows, and terminals did before UTF-8. */
async function openWith(content: Buffer, typed: string): Promise<KeyFile> {
  const [utf8, latin1] = [Buffer.from(typed, 'utf8'), Buffer.from(typed, 'latin1')]
  const isOther = !latin1.equals(utf8) && latin1.toString('latin1') === typed
  try {
    return await readKeyFile(content, new Secret(utf8)).catch((error: unknown) => {
      if (!isOther || !isKeyFileError(error, 'KEY_FILE_PASSPHRASE')) throw error
      return readKeyFile(content, new Secret(latin1))
    })
  } finally {
    utf8.fill(0)
    latin1.fill(0)
  }
}

/** A line that can be pasted as it is. What comes from the standard input has to become a file first. */
function converted(conversion: Conversion, { file, name, addInstead }: KeySource): string {
  const [from, first] =
    file === '-' ? [freeName(name, ''), (word: string) => `(umask 077 && cat > ${word}) && `] : [file, () => '']
  const copy = freeName(from.replace(/\.ppk$/i, ''), '.openssh')
  const [fromWord, copyWord] = [shellPath(from), shellPath(copy)]
  return `${first(fromWord)}${conversion(fromWord, copyWord)} && ${addInstead(copyWord)}`
}

/** A path at which there is nothing yet. */
function freeName(path: string, ending: string): string {
  let free = path + ending
  for (let number = 2; lstatSync(free, { throwIfNoEntry: false }) !== undefined; number += 1)
    free = `${path}-${number}${ending}`
  return free
}

const isKeyFileError = (error: unknown, code: KeyFileError['code']): error is KeyFileError =>
  error instanceof KeyFileError && error.code === code
