import * as v from 'valibot'
import { pathField } from '../../core/config-fields.ts'
import { expandHome } from '../../core/places/paths.ts'
import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { VaultError } from '../vault-error.ts'
import { defineLoginMethod, type ExternalToken, type LoginContext } from './login-method.ts'
import { askTokenHelper, readOptional } from './token-helper.ts'

const fileHint = 'run: vault login'

/** A token's text, where it was read, and how it is replaced there. */
interface Candidate {
  text: string
  origin: string
  renewHint: string
}

/**
 * Finds the token that the command lines of OpenBao and Vault would use: BAO_TOKEN or VAULT_TOKEN, what the token helper
 * says, `~/.vault-token` (or BAO_TOKEN_PATH). Files are read at each use, so that a new login there is noticed. A
 * `token_file` is looked at alone: two servers have two tokens, but one environment.
 */
export const token = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('token'), token_file: v.optional(pathField) }),
  advice: [],
  create({ token_file: writtenFile }, context) {
    const tokenFile = writtenFile === undefined ? undefined : expandHome(writtenFile, context.home)
    const find = createSearch(tokenFile, context)
    return {
      type: 'external',
      name: 'token',
      isUnattended: true,
      async find(isFresh): Promise<ExternalToken> {
        const found = await find(isFresh)
        if (found === undefined) throw noToken(tokenFile, context)
        const { text, origin, renewHint } = found
        if (isPrintable(text)) return { token: new Secret(text), origin, renewHint }
        throw new VaultError('VAULT_CONFIG', `the token from ${origin} has characters that no token can have`, {
          hint: renewHint,
        })
      },
    }
  },
})

function createSearch(tokenFile: string | undefined, context: LoginContext) {
  const { environment, home, address, readText, runProgram, tokenRefusal } = context
  let fromHelper: { text: string | undefined } | undefined

  const ofFile = async (path: string, renewHint: string) =>
    candidate(await readOptional(path, readText), path, renewHint)

  return async (isFresh: boolean): Promise<Candidate | undefined> => {
    if (tokenFile !== undefined) return ofFile(tokenFile, `put a valid token into ${tokenFile}`)
    if (tokenRefusal !== undefined) throw tokenRefusal
    // A variable of OpenBao wins over Vault's even when it is empty.
    const name = environment.BAO_TOKEN === undefined ? 'VAULT_TOKEN' : 'BAO_TOKEN'
    const hint = `start the daemon with a valid ${name}, or without one and run: vault login`
    const given = candidate(environment[name], name, hint)
    if (given !== undefined) return given
    if (isFresh) fromHelper = undefined
    fromHelper ??= { text: await askTokenHelper({ environment, home, address, readText, runProgram }) }
    if (fromHelper.text !== undefined) return candidate(fromHelper.text, 'the token helper', fileHint)
    return ofFile(environment.BAO_TOKEN_PATH ?? `${home}/.vault-token`, fileHint)
  }
}

function candidate(text: string | undefined, origin: string, renewHint: string): Candidate | undefined {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? undefined : { text: trimmed, origin, renewHint }
}

function noToken(tokenFile: string | undefined, { client, isOpen }: LoginContext): VaultError {
  const hint = isOpen === true ? `run: latchkey login ${shellWord(client.name)}; or: vault login` : fileHint
  return new VaultError('VAULT_LOGIN_NEEDED', `there is no token in ${tokenFile ?? 'VAULT_TOKEN or ~/.vault-token'}`, {
    hint: tokenFile === undefined ? hint : `put a token into ${tokenFile}`,
  })
}
