import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import type { Environment } from '../../core/places/environment.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { refuseUntrustedLine } from '../../core/trust/program-trust.ts'
import { VaultError } from '../vault-error.ts'
import { programFailure } from './program-failure.ts'

/**
 * Runs a program to its end and resolves to its stdout. Rejects when it fails or takes too long.
 * @param environment the whole environment of the program
 */
export type RunProgram = (command: string, args: readonly string[], environment: Environment) => Promise<string>

/** How the helper is found and run. */
export interface TokenHelperOptions {
  environment: Environment
  /** The user's home folder. */
  home: string
  /** The server that the helper is asked for, as VAULT_ADDR. */
  address: string
  readText: (path: string) => Promise<string>
  runProgram: RunProgram
}

/**
 * Asks the token helper of the command line of OpenBao or Vault, where one is configured (`token_helper` in `~/.bao`
 * or `~/.vault`): `$SHELL -c "HELPER get"`, with the address in VAULT_ADDR and the token on stdout.
 * @returns what it prints, empty where it has no token, or undefined where no helper is configured
 * @throws {VaultError} VAULT_SECRET_MISSING when the helper fails; VAULT_CONFIG when it must not be run
 */
export async function askTokenHelper(options: TokenHelperOptions): Promise<string | undefined> {
  const { environment, home, address, readText, runProgram } = options
  const configs = [environment.BAO_CONFIG_PATH ?? `${home}/.bao`, environment.VAULT_CONFIG_PATH ?? `${home}/.vault`]
  for (const path of configs) {
    const helper = parseTokenHelper(await readOptional(path, readText))
    if (helper === undefined) continue
    try {
      const shell = environment.SHELL ?? '/bin/sh'
      refuseUntrustedLine(helper, { home, searchPath: environment.PATH })
      return await runProgram(shell, ['-c', `${helper} get`], { ...environment, VAULT_ADDR: address })
    } catch (cause) {
      if (cause instanceof FileError) throw new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
      // No cause: it may quote what the helper printed.
      throw new VaultError('VAULT_SECRET_MISSING', `the token helper of ${path} ${programFailure(cause)}`, {
        hint: `try it: VAULT_ADDR=${shellWord(address)} ${shellWord(helper)} get`,
      })
    }
  }
  return undefined
}

/** The content of a file, or undefined where there is none. @throws {VaultError} VAULT_CONFIG when it cannot be read */
export async function readOptional(
  path: string,
  readText: (path: string) => Promise<string>,
): Promise<string | undefined> {
  try {
    return await readText(path)
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    if (cause instanceof FileError) throw new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
    throw new VaultError('VAULT_CONFIG', `${path} cannot be read: ${errorCode(cause) ?? describeError(cause)}`, {
      cause,
      hint: `check its permissions: ls -l ${shellWord(path)}`,
    })
  }
}

/** The one key of the command lines' configuration, in JSON or HCL. */
export function parseTokenHelper(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const [, quoted] = /^[ \t{]*"?token_helper"?\s*[=:]\s*("(?:[^"\\]|\\.)*")/m.exec(text) ?? []
  if (quoted === undefined) return undefined
  try {
    const helper: unknown = JSON.parse(quoted)
    return helper === '' ? undefined : String(helper)
  } catch {
    return undefined
  }
}
