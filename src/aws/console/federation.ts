import * as v from 'valibot'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { serverAddress } from '../../http/server-address.ts'
import { caBeside } from '../../http/tls.ts'
import { createHttpTransport, type HttpAnswer } from '../../http/transport.ts'
import { AwsError } from '../aws-error.ts'
import type { SessionCredentials } from '../credentials.ts'
import { notOfAws, unanswered } from '../http-failure.ts'
import { signInHost } from '../links/sign-in-hosts.ts'
import type { ConsolePlace } from './console-page.ts'

/** A sign-in, by whom and where. */
export interface SignInRequest extends ConsolePlace {
  /** Whose role it is. */
  profile: string
  /** Of a role. */
  credentials: SessionCredentials
  /** How long the console lasts; absent: as long as the credentials. For a role that a long-term key has assumed only. */
  durationSeconds?: number | undefined
  /** The page that follows. */
  destination: string
  /** Ends what the browser is signed in to at the moment. */
  logsOut: boolean
}

/** The console's federation endpoint (IAM User Guide, "Enable custom identity broker access to the AWS console"). */
export interface Federation {
  /**
   * A link that signs anybody who has it in to the console; good for 15 minutes.
   * @throws {AwsError}
   */
  signInLink(request: SignInRequest): Promise<Secret<string>>
}

/** How the endpoint is reached. */
export interface FederationOptions {
  /** AWS_ENDPOINT_URL_SIGNIN. Absent: the host of the partition, in the region of the request. */
  endpoint?: string | undefined
  /** PEM certificates that are trusted in addition to the usual ones, read for each request. */
  extraCa: () => string | undefined
  clock: Clock
}

const timeoutMs = 10_000
/** A token has some hundred bytes. */
const maxBytes = 64 * 1024

const tokenSchema = v.pipe(v.string(), v.parseJson(), v.object({ SigninToken: v.pipe(v.string(), v.nonEmpty()) }))

/** The token is got by POST, so that the credentials are in no URL, which proxies write into their logs. */
export function createFederation({ endpoint, extraCa, clock }: FederationOptions): Federation {
  const signInToken = async (base: URL, request: SignInRequest): Promise<string> => {
    const server = `the console's sign-in at ${base.host}`
    const transport = createHttpTransport({
      address: serverAddress(base),
      tls: caBeside(extraCa()),
      server,
      maxBytes,
      clock,
    })
    try {
      const outcome = await transport.exchange({
        method: 'POST',
        path: `${base.pathname}${base.search}`,
        headers: { Host: base.host, 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
        mayReuse: false,
        body: Buffer.from(tokenForm(request)),
        timeoutMs,
        signal: undefined,
      })
      if (outcome.type === 'answer') return readToken(server, outcome.answer, request)
      throw unanswered(outcome.error)
    } finally {
      transport.close()
    }
  }

  return {
    async signInLink(request) {
      const { region, partition, destination, logsOut } = request
      const origin = endpoint ?? `https://${region}.${signInHost(partition)}`
      const link = below(origin, 'federation')
      const SigninToken = await signInToken(link, request)
      link.search = new URLSearchParams({
        Action: 'login',
        Issuer: '',
        Destination: destination,
        SigninToken,
      }).toString()
      if (!logsOut) return new Secret(link.href)
      const logout = below(origin, 'oauth')
      logout.search = new URLSearchParams({ Action: 'logout', redirect_uri: link.href }).toString()
      return new Secret(logout.href)
    },
  }
}

function below(origin: string, path: string): URL {
  return new URL(`${origin.replace(/\/+$/, '')}/${path}`)
}

function tokenForm({ credentials, durationSeconds }: SignInRequest): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const session = { sessionId: accessKeyId, sessionKey: secretAccessKey.expose(), sessionToken: sessionToken.expose() }
  return new URLSearchParams({
    Action: 'getSigninToken',
    ...(durationSeconds === undefined ? {} : { SessionDuration: String(durationSeconds) }),
    Session: JSON.stringify(session),
  }).toString()
}

/** What AWS says in words is a web page that fits all occasions. */
function readToken(server: string, { status, body }: HttpAnswer, { durationSeconds, profile }: SignInRequest): string {
  const later = { hint: 'wait a moment and run the command again' }
  if (status === 429) throw new AwsError('AWS_THROTTLED', `${server} limits the number of requests (HTTP 429)`, later)
  if (status >= 500) throw new AwsError('AWS_UNREACHABLE', `${server} answered with HTTP ${status}`, later)
  if (status >= 400) {
    throw new AwsError('AWS_REQUEST_INVALID', `${server} refused the credentials of the role (HTTP ${status})`, {
      hint:
        durationSeconds === undefined
          ? `latchkey aws explain ${shellWord(profile)} shows how they are got`
          : 'a shorter --for may be accepted: the maximum session duration of the role may limit it',
    })
  }
  const answer = status === 200 ? v.safeParse(tokenSchema, body.toString('utf8')) : undefined
  if (answer?.success === true) return answer.output.SigninToken
  throw new AwsError('AWS_BAD_RESPONSE', `${server} sent no sign-in token (HTTP ${status})`, notOfAws)
}
