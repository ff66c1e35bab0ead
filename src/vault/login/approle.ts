import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { FileError } from '../../core/read-file.ts'
import { Secret } from '../../core/secret.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import { leaseFromLogin } from '../token/token-lease.ts'
import { isVaultError, VaultError } from '../vault-error.ts'
import type { LoginRequest } from './login-method.ts'
import { openWrappedSecretId } from './wrapped-secret-id.ts'

/** Which AppRole logs in. */
export interface ApproleOptions {
  roleId: string
  /** The auth mount, without `auth/`. */
  mount: string
  /** Absent: the role wants none. Read again at each login. */
  secretIdFile?: string | undefined
  /** The file holds a wrapping token that gives the secret id once. */
  isWrapped: boolean
}

/** What a login by AppRole works with. */
export interface ApproleDeps {
  client: VaultClient
  keychain: Keychain
  clock: Clock
  log: Logger
  /** Rejects with the file system's error. */
  readText: (path: string) => Promise<string>
}

/**
 * Logs in with a role id and a secret id from a file. A refused pair is not sent again by itself, because the server
 * locks an AppRole as it locks a user; a new content of the file, or a person, starts anew.
 */
export function createApproleLogin(options: ApproleOptions, deps: ApproleDeps): LoginRequest {
  const { roleId, mount, secretIdFile, isWrapped } = options
  const { client, keychain, clock, log, readText } = deps
  let refused: { content: string; error: VaultError } | undefined
  /** What the wrapping token gave: it is used until it is used up, for there is no second. */
  let unwrapped: { content: string; secretId: Secret<string> } | undefined

  const readSecretIdFile = async (path: string): Promise<Secret<string>> => {
    const text = await readText(path).catch((cause: unknown) => {
      if (cause instanceof FileError) throw new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
      throw new VaultError(
        'VAULT_CONFIG',
        `secret_id_file ${path} cannot be read: ${errorCode(cause) ?? describeError(cause)}`,
        {
          cause,
          hint: `put the secret id into ${path}, readable by you alone`,
        },
      )
    })
    if (text.trim() !== '') return new Secret(text.trim())
    throw new VaultError('VAULT_CONFIG', `secret_id_file ${path} is empty`, { hint: `put the secret id into ${path}` })
  }

  const toSecretId = async (content: Secret<string>, path: string): Promise<Secret<string>> => {
    if (!isWrapped) return content
    if (unwrapped?.content !== digest(content)) {
      const secretId = await openWrappedSecretId(
        content,
        { file: path, mount, digest: digest(content) },
        { client, keychain, log },
      )
      unwrapped = { content: digest(content), secretId }
    }
    return unwrapped.secretId
  }

  const send = async (secretId: Secret<string> | undefined) => {
    const answer = await client.request({
      method: 'POST',
      path: vaultPath(`auth/${mount}`, 'login'),
      purpose: { type: 'login', method: 'approle', mount, who: 'the configured role' },
      body: { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) },
      isIdempotent: false,
    })
    return leaseFromLogin(answer, { vault: client.name, displayName: mount.replaceAll('/', '-'), nowMs: clock.now() })
  }

  return {
    type: 'own',
    name: 'approle',
    identity: `${mount}/${roleId}`,
    isUnattended: true,
    async login(isAsked) {
      const content = secretIdFile === undefined ? undefined : await readSecretIdFile(secretIdFile)
      const key = content === undefined ? '' : digest(content)
      if (refused?.content === key && !isAsked) throw refused.error
      try {
        const secretId = content === undefined ? undefined : await toSecretId(content, secretIdFile!)
        const grant = await send(secretId)
        refused = undefined
        return grant
      } catch (error) {
        if (isVaultError(error, ...refusals)) refused = { content: key, error }
        if (isVaultError(error, 'VAULT_LOGIN_FAILED')) unwrapped = undefined
        throw error
      }
    },
  }
}

const refusals = [
  'VAULT_LOGIN_FAILED',
  'VAULT_LOGIN_LOCKED',
  'VAULT_WRAPPING_TOKEN_INVALID',
  'VAULT_LOGIN_NEEDED',
  'VAULT_DENIED',
] as const

/** Compares contents without keeping them. */
function digest(content: Secret<string>): string {
  return createHash('sha256').update(content.expose()).digest('base64url')
}
