import { stat } from 'node:fs/promises'
import { errorCode } from '../../core/errors.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'

/**
 * The AWS tools' own files: it is not checked who may write them, as those tools do not check it either. Before a command
 * in them is run it is (run-mfa-command.ts).
 */
const options = { maxBytes: maxSettingsBytes, isTrusted: false } as const

/**
 * What some files mean together. They are checked at each use, but read only when one of them has changed: a check is one
 * system call, a read is four. Their text is not kept: it may hold secrets that are not needed here.
 * @param parse gets the text of each file, or undefined if there is none
 * @returns a function that rejects with a FileError or the file system's error if a file exists but cannot be read
 */
export function createWatchedFiles<T>(
  paths: readonly string[],
  parse: (texts: readonly (string | undefined)[]) => T,
): () => Promise<T> {
  let held: { versions: string; value: T } | undefined
  return async () => {
    const versions = (await Promise.all(paths.map(versionOf))).join('\n')
    if (held?.versions !== versions)
      held = { versions, value: parse(await Promise.all(paths.map((path) => readTextIfPresent(path, options)))) }
    return held.value
  }
}

/** The version of a file that does not exist. */
export const missing = 'missing'

/**
 * Everything that an edit in place, a replacement or a change of permissions changes. Rejects with the file system's error.
 */
export function versionOf(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return missing
      throw error
    },
  )
}
