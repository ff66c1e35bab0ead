import { formatPublicKeyLine } from '../ssh/public-key-line.ts'
import type { VaultBody } from './client.ts'

/** What a certificate is to be asked for with. Whatever is absent is left to the role. */
export interface SigningOptions {
  mount: string
  role: string
  principals?: readonly string[] | undefined
  ttlSeconds?: number | undefined
  extensions?: Readonly<Record<string, string>> | undefined
  criticalOptions?: Readonly<Record<string, string>> | undefined
}

/**
 * The body of a sign request. Only what is configured is in it: an empty `valid_principals` is refused instead of
 * standing for the role's default user, and any `extensions` replace all of the role's own.
 * @param keyBlob the plain public key
 */
export function signBody(keyBlob: Uint8Array, signing: SigningOptions): VaultBody {
  const { principals, ttlSeconds, extensions, criticalOptions } = signing
  return {
    public_key: formatPublicKeyLine(keyBlob, ''),
    ...(principals === undefined || principals.length === 0 ? {} : { valid_principals: principals.join(',') }),
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(criticalOptions === undefined ? {} : { critical_options: criticalOptions }),
  }
}
