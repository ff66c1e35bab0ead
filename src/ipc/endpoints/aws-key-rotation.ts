import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { reportedKey, sessionNeeded, time } from './fields.ts'

/** Asks AWS how old a key is, and when it was last used. */
export const refreshKey = {
  method: 'POST',
  pattern: '/v1/aws/keys/{source}/refresh',
  answer: v.variant('type', [sessionNeeded, v.object({ type: v.literal('seen'), key: reportedKey })]),
} as const satisfies Endpoint

/**
 * Takes the next step of the rotation of a key, or with `finish` the last one, and says what it has done. It is called until
 * the answer is `retired` (the former key is inactive) or `finished` (it is deleted). After any failure, and after a restart
 * of the daemon, the next call goes on.
 */
export const rotateKey = {
  method: 'POST',
  pattern: '/v1/aws/keys/{source}/rotation',
  /** `now`: `finish` does not wait until the former key has been inactive for a day. */
  request: v.strictObject({ finish: v.boolean(), now: v.exactOptional(v.boolean()) }),
  answer: v.variant('type', [
    sessionNeeded,
    /** AWS has made a key, which is stored and not yet in use. */
    v.object({ type: v.literal('made'), userName: v.string(), accessKeyId: v.string(), former: reportedKey }),
    /** A key that was made by a run that ended before it could store its secret. */
    v.object({ type: v.literal('orphan-deleted'), accessKeyId: v.string() }),
    /** AWS knows the new key, which is the one of the source now. */
    v.object({ type: v.literal('in-use'), accessKeyId: v.string() }),
    /** `isNew` is false if it was inactive before. */
    v.object({
      type: v.literal('retired'),
      formerKeyId: v.string(),
      accessKeyId: v.string(),
      retiredAt: time,
      isNew: v.boolean(),
    }),
    v.object({ type: v.literal('finished'), formerKeyId: v.string() }),
  ]),
} as const satisfies Endpoint
/** Which step is taken. */
export type RotationRequest = RequestOf<typeof rotateKey>
/** What a step has done. */
export type RotationStep = AnswerOf<typeof rotateKey>
