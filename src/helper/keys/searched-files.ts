import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SearchedFile } from '../../aws/files/key-move.ts'
import { describeError, errorCode } from '../../core/errors.ts'
import { maxSettingsBytes, readWholeFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { toolFilePaths } from '../profiles/tool-files.ts'

/**
 * Reads the files that were named and AWS's own two, each once, whatever links lead to it. One of AWS's own that does not
 * exist is empty.
 * @throws {HelperError} REFUSED
 */
export async function readSearchedFiles(
  named: readonly string[],
  { environment }: Pick<CommandContext, 'environment'>,
): Promise<SearchedFile[]> {
  const own = toolFilePaths(environment)
  const wanted = [
    { path: own.config, role: 'config' },
    { path: own.credentials, role: 'credentials' },
    ...named.map((file) => ({ path: resolve(file), role: 'other' as const })),
  ] as const
  const files = new Map<string, SearchedFile>()
  for (const { path, role } of wanted) {
    const target = await realpath(path).catch(() => path)
    if (files.has(target)) continue
    const text = await readEditable(path)
    if (text === undefined && role === 'other') throw refused(`there is no file ${path}`, path)
    files.set(target, { path, role, text: text ?? '' })
  }
  return [...files.values()]
}

/** The text of a file that could be written back as it is; undefined where there is none. @throws {HelperError} REFUSED */
export async function readEditable(path: string): Promise<string | undefined> {
  try {
    const bytes = await readWholeFile(path, { maxBytes: maxSettingsBytes, isTrusted: false })
    const text = bytes.toString('utf8')
    if (Buffer.from(text, 'utf8').equals(bytes)) return text
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    const reason = describeError(cause)
    throw refused(reason.startsWith(path) ? reason : `${path} cannot be read: ${reason}`, path, cause)
  }
  throw refused(`${path} is not UTF-8 text`, path)
}

/** SHA-256 of a text, in hexadecimal digits. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function refused(message: string, path: string, cause?: unknown): HelperError {
  return new HelperError('REFUSED', message, { cause, hint: `ls -l ${shellWord(path)}` })
}
