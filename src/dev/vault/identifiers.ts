import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'

const base62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Random letters and digits, which tokens and accessors are made of. */
export function randomBase62(length: number): string {
  return Array.from({ length }, () => base62[randomInt(base62.length)]).join('')
}

/** A service token: `s.` and 24 characters. */
export function newServiceTokenId(): string {
  return `s.${randomBase62(24)}`
}

/** The name under which a token is kept, so that the state holds no token. */
export function tokenKey(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}

/** A mount's accessor, such as `auth_userpass_622439a7`. */
export function newMountAccessor(prefix: string): string {
  return `${prefix}_${randomBytes(4).toString('hex')}`
}

/** A random UUID. */
export function newUuid(): string {
  return randomUUID()
}
