import * as v from 'valibot'
import { noToken } from '../request-headers.ts'
import { defineLoginMethod, type ExternalToken } from './login-method.ts'

/**
 * Sends no token: a local Agent or Proxy of Vault or OpenBao with auto-auth puts its own into each request that has none
 * (`use_auto_auth_token`). Who that is, how it is renewed and when it logs in again is the proxy's business.
 */
export const proxy = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('proxy') }),
  advice: [],
  create(_, { address }) {
    const found: ExternalToken = {
      token: noToken,
      origin: `the proxy at ${address}`,
      renewHint: 'see in the log of the proxy whether its auto-auth has logged in, and that it has use_auto_auth_token',
    }
    return { type: 'external', name: 'proxy', isUnattended: true, isStandIn: true, find: async () => found }
  },
})
