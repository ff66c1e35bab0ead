import { randomBytes, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { roleSessionIdentity } from './caller/caller.ts'
import { openSession, type Session } from './caller/session-token.ts'
import type { AwsDirectory } from './directory.ts'
import type { RestHandler } from './plugin.ts'
import type { AwsCallLine } from './protocol/exchange.ts'

/** What the federation endpoint needs of the embedded AWS. */
export interface FederationDeps {
  directory: AwsDirectory
  tokenKey: Uint8Array
  /** Wall clock, in ms since the epoch. */
  now: () => number
  /** Called for each request for a token and each sign-in. */
  log(call: AwsCallLine): void
}

/** A link is good for 15 minutes (IAM user guide, "Enable custom identity broker access to the AWS console"). */
const tokenMs = 15 * 60_000

const sessionSchema = v.object({ sessionId: v.string(), sessionKey: v.string(), sessionToken: v.string() })
const durationSchema = v.pipe(v.string(), v.digits(), v.transform(Number), v.minValue(900), v.maxValue(43_200))
const consoleHost = /^([a-z0-9-]+\.)*console\.aws\.amazon\.com$/

interface SignIn {
  principal: string
  tokenUntilMs: number
  consoleUntilMs: number
}

class FederationRefusal extends Error {}

/**
 * Signs people in to the console at `/federation`, as AWS does (same guide). Stricter than AWS where that is not known:
 * a token is asked for by POST only, because a URL with the session in it would be kept in logs, and is used once.
 */
export function createFederation({ directory, tokenKey, now, log }: FederationDeps): RestHandler {
  const signIns = new Map<string, SignIn>()

  const issue = (fields: URLSearchParams): [SignIn, string] => {
    const session = readSession(fields, tokenKey, now())
    const role = directory.role(session.roleArn)
    if (role?.id !== session.roleId) throw new FederationRefusal('the role is gone')
    const consoleUntilMs = now() + readDuration(fields, session, now()) * 1000
    const principal = roleSessionIdentity(role, session.sessionName).arn
    const signIn = { principal, tokenUntilMs: now() + tokenMs, consoleUntilMs }
    const token = randomBytes(32).toString('base64url')
    signIns.set(token, signIn)
    return [signIn, JSON.stringify({ SigninToken: token })]
  }

  const signIn = (fields: URLSearchParams): [SignIn, string] => {
    const token = fields.get('SigninToken') ?? ''
    const found = signIns.get(token)
    const destination = readDestination(fields)
    signIns.delete(token)
    if (found === undefined || found.tokenUntilMs <= now())
      throw new FederationRefusal('the sign-in token is not valid')
    const until = new Date(found.consoleUntilMs).toISOString()
    return [found, `signed in as ${found.principal} until ${until}\n${destination}\n`]
  }

  return async ({ method, url, header, body }) => {
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
    if (pathname === '/oauth') return signOut(searchParams, header('host'))
    if (pathname !== '/federation') return undefined
    const fields = method === 'POST' ? new URLSearchParams(Buffer.from(body).toString()) : searchParams
    const action = fields.get('Action')
    const line = { time: new Date(now()).toISOString(), action, principal: null, role: null }
    try {
      if (action === 'getSigninToken' && method !== 'POST') throw new FederationRefusal('a session belongs in a POST')
      if (action !== 'getSigninToken' && action !== 'login') throw new FederationRefusal('there is no such action')
      const [{ principal }, text] = action === 'login' ? signIn(fields) : issue(fields)
      log({ ...line, principal, status: 200, error: null })
      const type = action === 'login' ? 'text/plain' : 'application/json'
      return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body: text }
    } catch (error) {
      if (!(error instanceof FederationRefusal)) throw error
      log({ ...line, status: 400, error: error.message })
      return { status: 400, headers: { 'Content-Type': 'text/plain' }, body: `${error.message}\n` }
    }
  }
}

/** Ends what the browser is signed in to, and goes on to a sign-in of this endpoint, and nowhere else. */
function signOut(fields: URLSearchParams, host: string | undefined) {
  const next = fields.get('redirect_uri') ?? ''
  const leadsOn = URL.canParse(next) && new URL(next).host === host && fields.get('Action') === 'logout'
  return leadsOn
    ? { status: 302, headers: { Location: next }, body: '' }
    : { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'there is no such sign-out\n' }
}

/** Credentials of a role: those of GetSessionToken are not accepted. */
function readSession(fields: URLSearchParams, tokenKey: Uint8Array, nowMs: number): Session & { type: 'role' } {
  const given = v.safeParse(v.pipe(v.string(), v.parseJson(), sessionSchema), fields.get('Session'))
  if (!given.success) throw new FederationRefusal('Session is not the JSON of a session')
  const { sessionId, sessionKey, sessionToken } = given.output
  const session = openSession(sessionToken, tokenKey)
  const isHolder = session?.accessKeyId === sessionId && isSame(session.secretAccessKey, sessionKey)
  if (!isHolder || session.expiresAtMs <= nowMs) throw new FederationRefusal('the session is not valid')
  if (session.type !== 'role') throw new FederationRefusal('the session is not of a role')
  return session
}

/** In seconds: a length of its own needs a role that was assumed by a long-term key; else what the session has left. */
function readDuration(fields: URLSearchParams, session: Session & { type: 'role' }, nowMs: number): number {
  const text = fields.get('SessionDuration')
  if (text === null) return (session.expiresAtMs - nowMs) / 1000
  if (session.byLongTermKey !== true) {
    throw new FederationRefusal('SessionDuration needs a role that was assumed by a long-term key')
  }
  const seconds = v.safeParse(durationSchema, text)
  if (!seconds.success) throw new FederationRefusal('SessionDuration is not from 900 to 43200')
  return seconds.output
}

function readDestination(fields: URLSearchParams): string {
  const text = fields.get('Destination') ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && consoleHost.test(url.hostname)) return url.href
  throw new FederationRefusal('Destination is not a page of the console')
}

function isSame(secret: string, given: string): boolean {
  const [left, right] = [Buffer.from(secret), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}
