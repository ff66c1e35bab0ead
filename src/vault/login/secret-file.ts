import { createHash } from 'node:crypto'
import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import { Secret } from '../../core/secret.ts'
import { VaultError } from '../vault-error.ts'

/** A file with a secret that a login sends. */
export interface SecretFile {
  path: string
  /** The setting that names it: `secret_id_file`. */
  setting: string
  /** What is in it: `the secret id`. */
  what: string
}

/**
 * What is in such a file, without the blanks around it.
 * @param readText rejects with the file system's error
 * @throws {VaultError} VAULT_SECRET_MISSING; VAULT_CONFIG: others could have changed it
 */
export async function readSecretFile(
  { path, setting, what }: SecretFile,
  readText: (path: string) => Promise<string>,
): Promise<Secret<string>> {
  const text = await readText(path).catch((cause: unknown) => {
    if (cause instanceof FileError) throw new VaultError('VAULT_CONFIG', cause.message, { cause, hint: cause.hint })
    const reason = errorCode(cause) ?? describeError(cause)
    throw new VaultError('VAULT_SECRET_MISSING', `${setting} ${path} cannot be read: ${reason}`, {
      cause,
      hint: `put ${what} into ${path}, readable by you alone`,
    })
  })
  if (text.trim() !== '') return new Secret(text.trim())
  throw new VaultError('VAULT_SECRET_MISSING', `${setting} ${path} is empty`, { hint: `put ${what} into ${path}` })
}

/** Compares contents without keeping them. */
export function digestOf(content: Secret<string>): string {
  return createHash('sha256').update(content.expose()).digest('base64url')
}
