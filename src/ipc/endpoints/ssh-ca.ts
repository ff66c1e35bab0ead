import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { listOf, reportedError } from './fields.ts'

const names = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(256))), v.minLength(1), v.maxLength(16))

/**
 * The public keys of SSH CAs, read from their vaults now; no token is needed. They are those of the identities, or of the
 * mounts of a vault; with none of these, those of the one mount that all identities have.
 */
export const readSshCas = {
  method: 'POST',
  pattern: '/v1/ssh/cas',
  request: v.strictObject({
    identities: v.exactOptional(names),
    /** Those of all identities; `identities` does not count then. */
    everyIdentity: v.exactOptional(v.literal(true)),
    vault: v.exactOptional(v.string()),
    mounts: v.exactOptional(names),
    /** Of each mount, these; absent: its default, and of identities those that certify them now. */
    issuers: v.exactOptional(names),
    /** Of each mount, all; `issuers` does not count then. A list of issuers is read with a token that is held anyway. */
    everyIssuer: v.exactOptional(v.literal(true)),
  }),
  answer: v.object({
    cas: listOf(
      v.object({
        vault: v.string(),
        mount: v.string(),
        /** The line of a public key, without a comment. */
        key: v.string(),
        fingerprint: v.string(),
        /** Of all issuers, one that certifies none of the identities now. */
        isSpare: v.exactOptional(v.literal(true)),
      }),
    ),
    /** Of all identities, the mounts that could not be read, where others could. */
    unread: v.exactOptional(listOf(v.object({ vault: v.string(), mount: v.string(), error: reportedError }))),
  }),
} as const satisfies Endpoint
