import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { reportedError } from './fields.ts'

/** Present where a restart of the daemon would change whether the agent is locked: why. */
const problem = v.exactOptional(reportedError)

/** Locks the SSH agent, as `ssh-add -x`; without a passphrase, `unlockAgent` from a terminal opens it. 409 if it is locked. */
export const lockAgent = {
  method: 'POST',
  pattern: '/v1/ssh/lock',
  request: v.strictObject({ passphrase: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(1024))) }),
  answer: v.object({ problem }),
} as const satisfies Endpoint

/**
 * Unlocks the SSH agent. Where it was locked without a passphrase, the caller must have a terminal; where it was locked with
 * one, that is wanted. 409 if it is not locked, 403 `PASSPHRASE_WRONG` after a delay.
 */
export const unlockAgent = {
  method: 'POST',
  pattern: '/v1/ssh/unlock',
  mayAsk: true,
  request: lockAgent.request,
  answer: v.object({ type: v.picklist(['unlocked', 'passphrase-needed']), problem }),
} as const satisfies Endpoint
