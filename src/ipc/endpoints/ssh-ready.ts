import * as v from 'valibot'
import { sshReadyRoute } from '../client/ssh-ready-call.ts'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, reportedError, time } from './fields.ts'

/** Of a user or a host: longer ones are none. */
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1024, 'longer than 1024 characters'))

/**
 * Ensures that ssh finds a certificate for a host; asks for a login where one is needed. `problem` says why there is none all
 * the same.
 */
export const sshReady = {
  ...sshReadyRoute,
  mayAsk: true,
  request: v.strictObject({
    user: name,
    host: name,
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  }),
  answer: v.object({ problem: v.exactOptional(reportedError) }),
} as const satisfies Endpoint

const renewed = v.object({
  name: v.string(),
  principals: listOf(v.string()),
  validBefore: v.exactOptional(time),
  error: v.exactOptional(reportedError),
})

/** Gets new certificates now: for one identity, or for all. Those that are held are used until they have come. */
export const renewSsh = {
  method: 'POST',
  pattern: '/v1/ssh/renew',
  mayAsk: true,
  request: v.strictObject({ identity: v.optional(v.string()) }),
  answer: v.object({ identities: listOf(renewed) }),
} as const satisfies Endpoint
/** What became of each identity. */
export type SshRenewed = AnswerOf<typeof renewSsh>
