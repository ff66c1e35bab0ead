import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { listOf, staticKey, staticKeyList } from './fields.ts'

/** The static keys. */
export const listSshKeys = {
  method: 'GET',
  pattern: '/v1/ssh/keys',
  answer: v.object({
    ...staticKeyList.entries,
    /** Items of the keychain that belong to none of them: a crash has left them. */
    strays: v.exactOptional(listOf(v.string())),
  }),
} as const satisfies Endpoint
/** The static keys. */
export type StaticKeyList = AnswerOf<typeof listSshKeys>

/** Stores a key, or gives the same key other settings; 409 `SSH_KEY_EXISTS` if the name or the key is taken. */
export const putSshKey = {
  method: 'PUT',
  pattern: '/v1/ssh/keys/{name}',
  request: v.strictObject({
    /** PKCS #8 in DER, in base64. */
    pkcs8: v.pipe(v.string(), v.base64(), v.maxLength(48 * 1024)),
    comment: v.pipe(v.string(), v.maxLength(1024)),
    hosts: v.exactOptional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(256))), v.minLength(1), v.maxLength(64))),
    mustConfirm: v.exactOptional(v.literal(true)),
    lifetimeSeconds: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(31_536_000))),
  }),
  answer: v.object({ ...staticKey.entries, keychain: v.string() }),
} as const satisfies Endpoint
/** A key as it is handed over, in plain text. */
export type StaticKeyRequest = RequestOf<typeof putSshKey>

/** Has a key sign as the keychain has it, and verifies the signature. */
export const proveSshKey = {
  method: 'POST',
  pattern: '/v1/ssh/keys/{name}/proof',
  answer: staticKey,
} as const satisfies Endpoint

/** Removes a key from the keychain; 404 `SSH_KEY_UNKNOWN` if there is none. */
export const removeSshKey = { method: 'DELETE', pattern: '/v1/ssh/keys/{name}' } as const satisfies Endpoint
