import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import * as v from 'valibot'

const common = {
  accessKeyId: v.string(),
  secretAccessKey: v.string(),
  expiresAtMs: v.number(),
  /** When the code behind this session was given; absent where there was none. */
  mfaAtMs: v.optional(v.number()),
}

const sessionSchema = v.variant('type', [
  /** From GetSessionToken: a user, for as long as the access key that asked for it is alive. */
  v.strictObject({ ...common, type: v.literal('user'), parentKeyId: v.string() }),
  /** From AssumeRole. With the role's unique id: a role that is created again under the same name is another one. */
  v.strictObject({
    ...common,
    type: v.literal('role'),
    roleArn: v.string(),
    roleId: v.string(),
    sessionName: v.string(),
    /** Absent where the role was assumed by temporary credentials. */
    byLongTermKey: v.optional(v.literal(true)),
    sourceIdentity: v.optional(v.string()),
    /** Tags that the next role gets as well, keys in lower case. */
    transitiveTags: v.optional(v.record(v.string(), v.string())),
  }),
])

/** Temporary credentials, and what they stand for. */
export type Session = v.InferOutput<typeof sessionSchema>

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/**
 * Makes the session token: the session itself, sealed. A token thus carries its key, principal, MFA time and expiry, can
 * be neither read nor changed, and outlives the double's process without being stored.
 */
export function sealSession(session: Session, tokenKey: Uint8Array): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, tokenKey, iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(session)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** The session of a token that this double has issued, expired or not; undefined for anything else. */
export function openSession(token: string, tokenKey: Uint8Array): Session | undefined {
  const bytes = Buffer.from(token, 'base64')
  // Base64 has many spellings of the same bytes; only the one that was issued is the token.
  if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64') !== token) return undefined
  const decipher = createDecipheriv(algorithm, tokenKey, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
    return v.parse(sessionSchema, JSON.parse(opened.toString()))
  } catch {
    return undefined
  }
}
