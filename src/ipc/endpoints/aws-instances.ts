import * as v from 'valibot'
import { isInstanceId, isRegionName } from '../../core/text/aws-names.ts'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { count, listOf } from './fields.ts'

/** The host keys that the console of a machine of EC2 shows, and what the machine is called. */
export const readInstanceKeys = {
  method: 'POST',
  pattern: '/v1/aws/instances/keys',
  mayAsk: true,
  request: v.strictObject({
    profile: v.string(),
    instance: v.pipe(v.string(), v.check(isInstanceId)),
    /** Absent: that of the profile. */
    region: v.exactOptional(v.pipe(v.string(), v.check(isRegionName))),
  }),
  answer: v.variant('type', [
    v.object({
      type: v.literal('shown'),
      region: v.string(),
      /** DNS names and addresses. */
      names: listOf(v.string()),
      keys: listOf(
        v.object({
          /** The line of a public key, without a comment. */
          line: v.string(),
          bits: count,
          fingerprint: v.string(),
        }),
      ),
      /** Fingerprints of what the console has shown before. */
      former: listOf(v.string()),
      /** Lines between the keys that look like one and are none. */
      unreadable: count,
    }),
    /** Its console is not asked for then: its names may come to be another machine's. */
    v.object({ type: v.literal('not-running'), region: v.string(), state: v.string() }),
    v.object({
      type: v.literal('not-shown'),
      region: v.string(),
      /** See `ConsoleKeys` of ssh/console-keys.ts. */
      why: v.picklist(['blank', 'none', 'cut', 'unended', 'unreadable']),
    }),
  ]),
} as const satisfies Endpoint
type Answer = AnswerOf<typeof readInstanceKeys>
/** The keys, where the console shows them. */
export type InstanceKeys = Extract<Answer, { type: 'shown' }>
/** Why there are none. */
export type NoInstanceKeys = Exclude<Answer, InstanceKeys>
