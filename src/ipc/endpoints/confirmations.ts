import type { Endpoint } from '../endpoint.ts'

/**
 * Lends the questions of the next seconds whether an SSH key may be used to the caller's terminal. It is called again and
 * again by those who wait for them.
 */
export const attendConfirmations = {
  method: 'POST',
  pattern: '/v1/ssh/confirmations',
  mayAsk: true,
  isLongPoll: true,
} as const satisfies Endpoint
