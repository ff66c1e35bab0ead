import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/**
 * Signs a profile's role in to the AWS console. With `print` the answer has the sign-in link itself, which is a secret;
 * else an address on this machine that leads a browser of this user to it, once.
 */
export const openConsole = {
  method: 'POST',
  pattern: '/v1/aws/console',
  mayAsk: true,
  request: v.strictObject({
    profile: v.string(),
    /** A service, a path on the console, or the address of a page. */
    page: v.exactOptional(v.string()),
    /** How long the console lasts; absent: as long as the credentials of the role. */
    seconds: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(900), v.maxValue(43_200))),
    /** Ends what the browser is signed in to. */
    logout: v.boolean(),
    print: v.boolean(),
    /** Whether the desktop could show a page where the caller is. */
    display: v.boolean(),
  }),
  answer: v.object({
    url: v.string(),
    /** For `getConsoleVisit`; absent for the sign-in link itself. */
    link: v.exactOptional(v.string()),
    urlEndsAt: time,
    roleArn: v.string(),
    consoleEndsAt: time,
    /** It ends with credentials whose time is partly over: new ones would take a code. */
    isCutShort: v.boolean(),
    /** The commands that open it, the best first; absent: as the desktop opens pages. */
    browser: v.exactOptional(listOf(listOf(v.string()))),
  }),
} as const satisfies Endpoint
/** A sign-in that a browser only has to visit. */
export type OpenedConsole = AnswerOf<typeof openConsole>

/** Whether a browser has come to an address that was opened. */
export const getConsoleVisit = {
  method: 'GET',
  pattern: '/v1/aws/console/{link}',
  answer: v.object({ isVisited: v.boolean() }),
} as const satisfies Endpoint
