import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { accessKey, keptKey, listOf, reportedError, reportedKey } from './fields.ts'

/** The long-term keys in the keychain, without their secrets. */
export const listKeys = {
  method: 'GET',
  pattern: '/v1/aws/keys',
  answer: v.object({
    keys: listOf(reportedKey),
    /** Items that are no keys; absent where there is none. */
    unreadable: v.exactOptional(listOf(v.object({ source: v.string(), error: reportedError }))),
    /** The sources whose MFA seed is there as well; absent where there is none. */
    seeds: v.exactOptional(listOf(v.string())),
  }),
} as const satisfies Endpoint
/** The keys, with their sources. */
export type AccessKeyList = AnswerOf<typeof listKeys>

/**
 * Stores a key, or replaces it. The key of another user is left in its place unless `replace` says that this is meant; so is
 * any other key where AWS cannot be asked whose the new one is.
 */
export const putKey = {
  method: 'PUT',
  pattern: '/v1/aws/keys/{source}',
  request: v.strictObject({ ...accessKey.entries, replace: v.exactOptional(v.literal(true)) }),
  answer: v.union([
    keptKey,
    v.object({
      type: v.literal('other-user'),
      /** Whose key is held; absent where AWS was not asked, or does not say. */
      heldBy: v.exactOptional(v.string()),
      /** Whose key was handed over. */
      arn: v.exactOptional(v.string()),
    }),
  ]),
} as const satisfies Endpoint
/** A key as it is handed over, its secret in plain text. */
export type AccessKeyRequest = v.InferOutput<typeof accessKey>
/** The outcome for a key that was stored. */
export type KeptKey = v.InferOutput<typeof keptKey>
/** Why a key was not stored. */
export type OtherUser = Exclude<AnswerOf<typeof putKey>, KeptKey>

/** Removes a key from the keychain; 404 `KEY_UNKNOWN` if there is none. */
export const removeKey = { method: 'DELETE', pattern: '/v1/aws/keys/{source}' } as const satisfies Endpoint

/**
 * What the files say of a source, if they have it, and why a key should probably not be stored under its name: `isTaken` where none
 * is, even if that is what is meant.
 */
export const getSource = {
  method: 'GET',
  pattern: '/v1/aws/sources/{source}',
  answer: v.object({
    doubt: v.exactOptional(
      v.object({ reason: v.string(), instead: listOf(v.string()), isTaken: v.exactOptional(v.literal(true)) }),
    ),
    section: v.exactOptional(
      v.object({ definedIn: v.picklist(['config.toml', 'aws-files']), mfaSerial: v.exactOptional(v.string()) }),
    ),
  }),
} as const satisfies Endpoint
/** What is known of a source. */
export type SourceStanding = AnswerOf<typeof getSource>
