import * as v from 'valibot'
import { pathField, textField } from '../../core/config-fields.ts'
import { FileError } from '../../core/files/read-file.ts'
import { withoutSecrets } from '../../core/places/environment.ts'
import { expandHome } from '../../core/places/paths.ts'
import { programName } from '../../core/programs/program-name.ts'
import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { VaultError } from '../vault-error.ts'
import type { LoginContext } from './login-method.ts'
import { programFailure } from './program-failure.ts'
import { readSecretFile } from './secret-file.ts'

/** Where the secret of a login comes from, as it is written: a file, a variable of the daemon, or what a command prints. */
export const secretSourceSchema = v.union([
  v.strictObject({ file: pathField }),
  v.strictObject({ env: textField }),
  v.strictObject({ command: v.pipe(v.array(textField), v.minLength(1, 'must name a program')) }),
])

/** One of these. */
export type SecretSource = v.InferOutput<typeof secretSourceSchema>

/** Reads the secret anew for each login. */
export interface SecretReader {
  /** Where it comes from, for people. */
  where: string
  /** It is another one at each reading, and reading it takes work. */
  isMade: boolean
  /** @throws {VaultError} VAULT_SECRET_MISSING: there is none now; VAULT_CONFIG: nor will there be */
  read(): Promise<Secret<string>>
}

/** @param what it is, in words that follow `the`: `JWT` */
export function createSecretReader(
  source: SecretSource,
  what: string,
  context: Pick<LoginContext, 'environment' | 'home' | 'readText' | 'runProgram'>,
): SecretReader {
  const [where, isMade, read] = wayTo(source, what, context)
  return {
    where,
    isMade,
    async read() {
      const secret = await read()
      if (isPrintable(secret.expose())) return secret
      throw new VaultError('VAULT_CONFIG', `the ${what} from ${where} has characters that it cannot have`, {
        hint: `have nothing but the ${what} there: no quotation marks, and one line`,
      })
    },
  }
}

function wayTo(
  source: SecretSource,
  what: string,
  { environment, home, readText, runProgram }: Pick<LoginContext, 'environment' | 'home' | 'readText' | 'runProgram'>,
): [where: string, isMade: boolean, read: () => Promise<Secret<string>>] {
  if ('file' in source) {
    const path = expandHome(source.file, home)
    return [path, false, () => readSecretFile({ path, setting: 'file', what: `the ${what}` }, readText)]
  }
  if ('env' in source) {
    const text = environment[source.env]?.trim() ?? ''
    const where = `the variable ${source.env}`
    const missing = () =>
      new VaultError('VAULT_CONFIG', `${where}, which the ${what} comes from, is not set for the daemon`, {
        hint: 'set it where the daemon is started, then restart it',
      })
    return [where, false, async () => (text === '' ? Promise.reject(missing()) : new Secret(text))]
  }
  const [program = '', ...args] = source.command
  const where = `the command ${programName(program)}`
  const run = async () => {
    const printed = await runProgram(expandHome(program, home), args, withoutSecrets(environment)).catch((cause) => {
      throw commandFailed(where, what, cause)
    })
    if (printed.trim() !== '') return new Secret(printed.trim())
    throw new VaultError('VAULT_SECRET_MISSING', `${where} printed no ${what}`, {
      hint: 'run it in a terminal to see why',
    })
  }
  return [where, true, run]
}

// The cause is left out: it quotes the whole command, and what it printed.
function commandFailed(where: string, what: string, cause: unknown): VaultError {
  if (cause instanceof FileError) return new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
  return new VaultError('VAULT_SECRET_MISSING', `${where}, which prints the ${what}, ${programFailure(cause)}`, {
    hint: 'run it in a terminal; the daemon runs it without one, and without the tokens and keys of its environment',
  })
}
