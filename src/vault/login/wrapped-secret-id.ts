import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import type { AdviceRow, UnwrapPurpose } from '../advice/advice-row.ts'
import type { VaultClient } from '../client.ts'
import { isVaultError, VaultError } from '../vault-error.ts'

/** The refusals of opening a wrapped secret id. */
export const unwrapAdvice: readonly AdviceRow<UnwrapPurpose>[] = [
  {
    text: /wrapping token is not valid or does not exist/,
    code: 'VAULT_WRAPPING_TOKEN_INVALID',
    message: ({ file }) =>
      `security: the wrapped secret id in ${file} was already opened by someone else, or has expired`,
    hint: () =>
      'ask its issuer to check the audit log, which says when it was opened, and to revoke that secret id; then put a new one into secret_id_file',
  },
]

/** The form of a secret id that the server makes; its tokens have had a prefix since Vault 0.11. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Which wrapping is opened. */
export interface WrappedSecretId {
  /** The file that the wrapping token was read from, for messages. */
  file: string
  /** Names this wrapping token without revealing it. */
  digest: string
}

/** What is opened where, and what is needed for that. */
export interface SecretIdOpenerDeps {
  /** The AppRole mount that must have wrapped it, without `auth/`. */
  mount: string
  client: VaultClient
  keychain: LastingKeychain
  log: Logger
}

/**
 * Opens a response-wrapped secret id, once. First it checks where the wrapping was made: one that was not made by the
 * AppRole mount is a forgery. Which one was opened is remembered here and in the keychain, so that our own use of it is
 * not mistaken for a theft later.
 * @throws {VaultError} VAULT_WRAPPING_TOKEN_INVALID, or VAULT_LOGIN_NEEDED when we opened it ourselves
 */
export type OpenSecretId = (wrappingToken: Secret<string>, of: WrappedSecretId) => Promise<Secret<string>>

/** Has opened nothing but what the keychain says. */
export function createSecretIdOpener({ mount, client, keychain, log }: SecretIdOpenerDeps): OpenSecretId {
  const item = `vault/${client.name}/opened-secret-id`
  /** The digest of the last one that was opened: the keychain may not have taken it. */
  let lastOpened: string | undefined

  return async (wrappingToken, { file, digest }) => {
    const purpose: UnwrapPurpose = { type: 'unwrap', file, advice: unwrapAdvice }
    refuseOtherContent(wrappingToken.expose(), file)
    const isOpened = lastOpened === digest || (await remembered(keychain, item)) === digest
    const explain = (error: unknown) => {
      if (!isOpened || !isVaultError(error, 'VAULT_WRAPPING_TOKEN_INVALID')) throw error
      throw new VaultError('VAULT_LOGIN_NEEDED', `the wrapped secret id in ${file} was already opened here`, {
        cause: error,
        hint: `put a new one into ${file}: vault write -wrap-ttl=5m -f ${shellWord(`auth/${mount}/role/ROLE/secret-id`)}`,
      })
    }

    const lookup = await client
      .request({ method: 'POST', path: 'sys/wrapping/lookup', purpose, body: { token: wrappingToken } })
      .catch(explain)
    const creationPath = String(lookup.data?.creation_path)
    if (!isSecretIdPath(creationPath, mount)) {
      throw new VaultError(
        'VAULT_WRAPPING_TOKEN_INVALID',
        `security: what is wrapped in ${file} was made at ${JSON.stringify(creationPath)}, not by the role at auth/${mount}/`,
        { hint: 'someone may have put a forged secret id there: do not use it, and tell its issuer' },
      )
    }
    // Before, not after: an answer that gets lost has opened it too.
    lastOpened = digest
    await remember(keychain, item, digest, log)
    const opened = await client.request({
      method: 'POST',
      path: 'sys/wrapping/unwrap',
      purpose,
      token: wrappingToken,
      isIdempotent: false,
    })
    const secretId = opened.data?.secret_id
    if (typeof secretId === 'string' && secretId !== '') return new Secret(secretId)
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${client.name}: the wrapping in ${file} holds no secret id`, {
      hint: `put a wrapped secret id into ${file}`,
    })
  }
}

/** @throws {VaultError} VAULT_CONFIG */
function refuseOtherContent(content: string, file: string): void {
  if (!isPrintable(content)) {
    throw new VaultError('VAULT_CONFIG', `${file} does not hold a wrapping token`, {
      hint: 'put a wrapping token into it, or take wrapped out of auth in config.toml',
    })
  }
  if (uuid.test(content)) {
    throw new VaultError('VAULT_CONFIG', `${file} holds a secret id that is not wrapped`, {
      hint: `take wrapped out of auth in config.toml, or put a wrapping token into ${file}`,
    })
  }
}

function isSecretIdPath(path: string, mount: string): boolean {
  const [role, last, ...more] = path.startsWith(`auth/${mount}/role/`)
    ? path.slice(`auth/${mount}/role/`.length).split('/')
    : []
  return role !== undefined && role !== '' && (last === 'secret-id' || last === 'custom-secret-id') && more.length === 0
}

// Without the keychain a false alarm may follow a restart; that is better than not logging in.
async function remembered(keychain: LastingKeychain, item: string): Promise<string | undefined> {
  const value = await keychain.get(item).catch(() => undefined)
  return value?.expose()
}

async function remember(keychain: LastingKeychain, item: string, digest: string, log: Logger): Promise<void> {
  await keychain.keep(item, new Secret(digest)).catch((error: unknown) => {
    log.warn('the keychain cannot yet record that a secret id was opened', { item, reason: describeError(error) })
  })
}
