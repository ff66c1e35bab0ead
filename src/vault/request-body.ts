import { Secret } from '../core/secret.ts'

/** The fields of a request body. */
export type VaultBody = Readonly<Record<string, unknown>>

/** The body as it is sent: JSON, the secrets in it in clear. */
export function encodeBody(body: VaultBody): Uint8Array {
  return Buffer.from(JSON.stringify(exposed(body)))
}

/** Fields as what stands behind a path. */
export function encodeQuery(fields: Readonly<Record<string, string | Secret<string>>> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) query.set(name, value instanceof Secret ? value.expose() : value)
  return query.size === 0 ? '' : `?${query.toString()}`
}

/** The secrets in a body that are long enough to be cut out of the texts that come back. */
export function hideableSecrets(value: unknown): readonly string[] {
  if (value instanceof Secret) return hideable(value)
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(hideableSecrets)
}

/** Cutting out shorter ones would mutilate ordinary words. */
const hideable = (secret: Secret<unknown>): readonly string[] => {
  const text = secret.expose()
  return typeof text === 'string' && text.length >= 8 ? [text] : []
}

/** The same values, with what is in the secrets in their place. */
function exposed(value: unknown): unknown {
  if (value instanceof Secret) return value.expose()
  if (Array.isArray(value)) return value.map(exposed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exposed(inner)]))
}
