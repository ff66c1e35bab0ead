import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { listOf, reportedKey } from './fields.ts'

/** `arn` is the owner of the key, if AWS was asked. */
const kept = v.object({
  source: v.string(),
  accessKeyId: v.string(),
  isVerified: v.boolean(),
  arn: v.exactOptional(v.string()),
})

/** The long-term keys in the keychain, without their secrets. */
export const listKeys = {
  method: 'GET',
  pattern: '/v1/aws/keys',
  answer: v.object({ keys: listOf(reportedKey) }),
} as const satisfies Endpoint
/** The keys, with their sources. */
export type AccessKeyList = AnswerOf<typeof listKeys>

/** Stores a key, or replaces it. */
export const putKey = {
  method: 'PUT',
  pattern: '/v1/aws/keys/{source}',
  request: v.strictObject({
    accessKeyId: v.pipe(v.string(), v.regex(/^AKIA[A-Z0-9]{12,124}$/, 'not a long-term access key id (AKIA…)')),
    secretAccessKey: v.pipe(v.string(), v.minLength(16), v.maxLength(256)),
  }),
  answer: kept,
} as const satisfies Endpoint
/** A key as it is handed over, its secret in plain text. */
export type AccessKeyRequest = RequestOf<typeof putKey>
/** The outcome for a key that was handed over. */
export type KeptKey = AnswerOf<typeof putKey>

/** Removes a key from the keychain; 404 `KEY_UNKNOWN` if there is none. */
export const removeKey = { method: 'DELETE', pattern: '/v1/aws/keys/{source}' } as const satisfies Endpoint

/** Moves the keys of `profile` from an AWS credentials file into the keychain as `source`. */
export const importKeys = {
  method: 'POST',
  pattern: '/v1/aws/keys/import',
  request: v.strictObject({
    file: v.pipe(v.string(), v.startsWith('/', 'not an absolute path')),
    profile: v.string(),
    source: v.string(),
  }),
  answer: kept,
} as const satisfies Endpoint

/** Why a key should probably not be stored under that name; empty if nothing speaks against it. */
export const getSource = {
  method: 'GET',
  pattern: '/v1/aws/sources/{source}',
  answer: v.object({ doubt: v.exactOptional(v.object({ reason: v.string(), instead: listOf(v.string()) })) }),
} as const satisfies Endpoint
