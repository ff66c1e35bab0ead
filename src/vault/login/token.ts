import { isPrintable } from '../../core/display-text.ts'
import { Secret } from '../../core/secret.ts'
import { VaultError } from '../vault-error.ts'
import type { ExternalToken, TokenFinder } from './login-method.ts'
import { askTokenHelper, readOptional, type TokenHelperOptions } from './token-helper.ts'

/** Where tokens are looked for. */
export interface TokenFinderOptions extends TokenHelperOptions {
  /** Looked at alone, where it is configured: two servers have two tokens, but one environment. */
  tokenFile?: string | undefined
  /** Why the token that is shared with other servers is not for this one; nothing is looked for then. */
  refusal?: VaultError | undefined
}

const fileHint = 'run: vault login'

/**
 * Finds the token that the command lines of OpenBao and Vault would use: BAO_TOKEN or VAULT_TOKEN, what the token helper
 * says, `~/.vault-token` (or BAO_TOKEN_PATH). Files are read at each use, so that a new login there is noticed.
 */
export function createTokenFinder(options: TokenFinderOptions): TokenFinder {
  const { environment, home, tokenFile, readText, refusal } = options
  let fromHelper: { text: string | undefined } | undefined

  const find = async (): Promise<{ text: string; origin: string; renewHint: string } | undefined> => {
    if (tokenFile !== undefined) {
      const text = await readOptional(tokenFile, readText)
      return usable(text, tokenFile, `put a valid token into ${tokenFile}`)
    }
    if (refusal !== undefined) throw refusal
    // A variable of OpenBao wins over Vault's even when it is empty.
    const name = environment.BAO_TOKEN === undefined ? 'VAULT_TOKEN' : 'BAO_TOKEN'
    const given = usable(
      environment[name],
      name,
      `start the daemon with a valid ${name}, or without one and run: vault login`,
    )
    if (given !== undefined) return given
    fromHelper ??= { text: await askTokenHelper(options) }
    if (fromHelper.text !== undefined) return usable(fromHelper.text, 'the token helper', fileHint)
    const path = environment.BAO_TOKEN_PATH ?? `${home}/.vault-token`
    return usable(await readOptional(path, readText), path, fileHint)
  }

  return {
    type: 'found',
    name: 'token',
    async find(isFresh): Promise<ExternalToken> {
      if (isFresh) fromHelper = undefined
      const found = await find()
      if (found === undefined) {
        throw new VaultError(
          'VAULT_LOGIN_NEEDED',
          `there is no token in ${tokenFile ?? 'VAULT_TOKEN or ~/.vault-token'}`,
          {
            hint: tokenFile === undefined ? fileHint : `put a token into ${tokenFile}`,
          },
        )
      }
      const { text, origin, renewHint } = found
      if (isPrintable(text)) return { token: new Secret(text), origin, renewHint }
      throw new VaultError('VAULT_CONFIG', `the token from ${origin} has characters that no token has`, {
        hint: renewHint,
      })
    },
  }
}

function usable(text: string | undefined, origin: string, renewHint: string) {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? undefined : { text: trimmed, origin, renewHint }
}
