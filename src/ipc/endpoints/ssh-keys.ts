import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { listOf, staticKey, staticKeyList } from './fields.ts'

/** The static keys. 409 `LOCK_STATE`, as for all of these, while the SSH agent is locked. */
export const listSshKeys = {
  method: 'GET',
  pattern: '/v1/ssh/keys',
  answer: v.object({
    ...staticKeyList.entries,
    /** Items of the keychain that are not listed: a crash, or the loss of the list, has left them. */
    strays: v.exactOptional(listOf(v.string())),
  }),
} as const satisfies Endpoint
/** The static keys. */
export type StaticKeyList = AnswerOf<typeof listSshKeys>

/** What is absent stays as it is, and null is what a new key has. */
const settings = {
  hosts: v.exactOptional(
    v.nullable(v.pipe(v.array(v.pipe(v.string(), v.maxLength(256))), v.minLength(1), v.maxLength(64))),
  ),
  mustConfirm: v.exactOptional(v.boolean()),
  lifetimeSeconds: v.exactOptional(
    v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(31_536_000))),
  ),
}
/** The settings of a key as they are given. */
export type StaticKeySettings = Omit<RequestOf<typeof checkSshKey>, 'key'>

const keychain = {
  keychain: v.string(),
  /** What it holds is lost when the daemon ends. */
  endsWithDaemon: v.exactOptional(v.literal(true)),
}

/** Whether a key could be stored, as far as that can be told without its private half: fails as `putSshKey` would. */
export const checkSshKey = {
  method: 'POST',
  pattern: '/v1/ssh/keys/{name}/check',
  request: v.strictObject({
    ...settings,
    /** Its public half in base64, where that is known. */
    key: v.exactOptional(v.pipe(v.string(), v.base64(), v.maxLength(16 * 1024))),
  }),
  answer: v.object(keychain),
} as const satisfies Endpoint

/** Stores a key, or gives the same key other settings; 409 `SSH_KEY_EXISTS` if the name or the key is taken. */
export const putSshKey = {
  method: 'PUT',
  pattern: '/v1/ssh/keys/{name}',
  request: v.strictObject({
    ...settings,
    /** PKCS #8 in DER, in base64. */
    pkcs8: v.pipe(v.string(), v.base64(), v.maxLength(48 * 1024)),
    /** Empty: as it is, or the name. */
    comment: v.pipe(v.string(), v.maxLength(1024)),
  }),
  answer: v.object({ ...staticKey.entries, ...keychain }),
} as const satisfies Endpoint
/** A key as it is handed over, in plain text. */
export type StaticKeyRequest = RequestOf<typeof putSshKey>

/** Makes the list anew of what the keychain holds; what only the list has stays in it. The arrays hold names. */
export const restoreSshKeys = {
  method: 'POST',
  pattern: '/v1/ssh/keys',
  answer: v.object({
    keychain: v.string(),
    /** Listed again, or otherwise than before. */
    restored: listOf(v.string()),
    /** No key in a form that is known here. */
    unreadable: listOf(v.string()),
    /** Listed, and not in the keychain. */
    missing: listOf(v.string()),
    /** With a key that is listed under another name. */
    repeated: listOf(v.string()),
    /** Where the former list is, which was damaged. */
    formerList: v.exactOptional(v.string()),
  }),
} as const satisfies Endpoint
/** What was done, and what was not. */
export type RestoredStaticKeys = AnswerOf<typeof restoreSshKeys>

/** Has a key sign as the keychain has it, and verifies the signature. */
export const proveSshKey = {
  method: 'POST',
  pattern: '/v1/ssh/keys/{name}/proof',
  answer: staticKey,
} as const satisfies Endpoint

/** Removes a key from the keychain; 404 `SSH_KEY_UNKNOWN` if there is none. */
export const removeSshKey = { method: 'DELETE', pattern: '/v1/ssh/keys/{name}' } as const satisfies Endpoint
