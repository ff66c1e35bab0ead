import { CodedError, describeError } from '../../core/errors.ts'
import { deciding, readTextIfPresent } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { ConfigError } from './config.ts'

/** What was found in the place of config.toml. */
export type ConfigFile =
  | { type: 'text'; text: string }
  | { type: 'missing' }
  | { type: 'unreadable'; error: ConfigError }

/** Reads config.toml, which nobody else may be able to change. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    const text = await readTextIfPresent(path, deciding)
    return text === undefined ? { type: 'missing' } : { type: 'text', text }
  } catch (cause) {
    return { type: 'unreadable', error: unreadable([path], cause) }
  }
}

/** The error for one or more files that cannot be read. @param cause the error from reading */
export function unreadable(paths: readonly string[], cause: unknown): ConfigError {
  if (cause instanceof CodedError)
    return new ConfigError('CONFIG_UNREADABLE', cause.message, { cause, hint: cause.hint })
  return new ConfigError('CONFIG_UNREADABLE', `${paths.join(' or ')} cannot be read: ${describeError(cause)}`, {
    cause,
    hint: `check their permissions: ls -l ${paths.map(shellWord).join(' ')}`,
  })
}
