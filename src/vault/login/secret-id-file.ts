import { createHash } from 'node:crypto'
import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import { Secret } from '../../core/secret.ts'
import { VaultError } from '../vault-error.ts'

/**
 * The secret id, or the token that it is wrapped in, from its file.
 * @param readText rejects with the file system's error
 * @throws {VaultError} VAULT_CONFIG
 */
export async function readSecretIdFile(
  path: string,
  readText: (path: string) => Promise<string>,
): Promise<Secret<string>> {
  const text = await readText(path).catch((cause: unknown) => {
    if (cause instanceof FileError) throw new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
    const reason = errorCode(cause) ?? describeError(cause)
    throw new VaultError('VAULT_CONFIG', `secret_id_file ${path} cannot be read: ${reason}`, {
      cause,
      hint: `put the secret id into ${path}, readable by you alone`,
    })
  })
  if (text.trim() !== '') return new Secret(text.trim())
  throw new VaultError('VAULT_CONFIG', `secret_id_file ${path} is empty`, { hint: `put the secret id into ${path}` })
}

/** Compares contents without keeping them. */
export function digestOf(content: Secret<string>): string {
  return createHash('sha256').update(content.expose()).digest('base64url')
}
