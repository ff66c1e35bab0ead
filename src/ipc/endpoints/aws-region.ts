import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'

/** The region that is configured for a profile; absent where none is, and for a profile that does not exist. */
export const getProfileRegion = {
  method: 'GET',
  pattern: '/v1/aws/profiles/{profile}/region',
  answer: v.object({ region: v.exactOptional(v.string()) }),
} as const satisfies Endpoint
