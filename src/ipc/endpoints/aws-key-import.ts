import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { accessKey, count, keptKey, listOf, time } from './fields.ts'

const key = v.strictObject({ source: v.string(), accessKeyId: v.string(), isNew: v.boolean() })
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const lines = listOf(v.string())
const hunk = v.strictObject({ at: count, context: lines, removed: lines, added: lines })
const file = { path: v.pipe(v.string(), v.startsWith('/', 'not an absolute path')), before: sha256, after: sha256 }
const fileWithHunks = v.strictObject({ ...file, hunks: listOf(hunk) })

/** Stores a key that stands in a file, after AWS has named its owner, and reads it back. Another key of the source stays. */
export const importKey = {
  method: 'POST',
  pattern: '/v1/aws/keys/import',
  request: v.strictObject({ source: v.string(), ...accessKey.entries }),
  answer: keptKey,
} as const satisfies Endpoint

/** Keeps what files are before an import changes them. `isNew`: the keychain does not have the key yet. */
export const beginImport = {
  method: 'POST',
  pattern: '/v1/aws/imports',
  request: v.strictObject({ keys: listOf(key), files: listOf(fileWithHunks) }),
  answer: v.object({ id: v.string() }),
} as const satisfies Endpoint
/** What is kept. */
export type ImportBegun = RequestOf<typeof beginImport>

/** All files have been changed. */
export const completeImport = { method: 'POST', pattern: '/v1/aws/imports/{id}/complete' } as const satisfies Endpoint

/** The imports of the last 30 days, the oldest first, without what the files had. */
export const listImports = {
  method: 'GET',
  pattern: '/v1/aws/imports',
  answer: v.object({
    imports: listOf(
      v.object({
        id: v.string(),
        startedAt: time,
        isComplete: v.boolean(),
        keys: listOf(v.object(key.entries)),
        files: listOf(v.object(file)),
      }),
    ),
  }),
} as const satisfies Endpoint
/** One of the imports. */
export type KeyImport = AnswerOf<typeof listImports>['imports'][number]

/** The lines that an import took out of files and put into them, secrets included; 404 `IMPORT_UNKNOWN`. */
export const readImport = {
  method: 'GET',
  pattern: '/v1/aws/imports/{id}',
  answer: v.object({ files: listOf(v.object(fileWithHunks.entries)) }),
} as const satisfies Endpoint

/** Forgets an import, which cannot be undone then; 404 `IMPORT_UNKNOWN`. */
export const removeImport = { method: 'DELETE', pattern: '/v1/aws/imports/{id}' } as const satisfies Endpoint
