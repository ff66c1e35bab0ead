import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { listOf } from './fields.ts'

/** The accounts of the organization that a profile belongs to, as a file with a list of them has them. */
export const listAccounts = {
  method: 'POST',
  pattern: '/v1/aws/accounts',
  mayAsk: true,
  request: v.strictObject({ profile: v.string() }),
  answer: v.object({ accounts: listOf(v.object({ Id: v.string(), Name: v.string(), State: v.string() })) }),
} as const satisfies Endpoint
