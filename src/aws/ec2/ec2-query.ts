import { pause } from '../../core/time/pause.ts'
import { serverAddress } from '../../http/server-address.ts'
import { caBeside } from '../../http/tls.ts'
import { createHttpTransport, type HttpOutcome } from '../../http/transport.ts'
import { type AwsError, isAwsError } from '../aws-error.ts'
import { unanswered } from '../http-failure.ts'
import { serverInstead } from '../plan/sts-endpoint.ts'
import { createClockSkew, tolerableSkewMs } from '../sts/clock-skew.ts'
import { maxAttempts, pauseMs } from '../sts/send-again.ts'
import type { ServiceSdkOptions } from '../sts/service-call.ts'
import { type Ec2Answer, readAnswer, readRefusal } from './ec2-answer.ts'
import type { Ec2Signer } from './ec2-client.ts'
import { toEc2Error } from './ec2-errors.ts'
import { ec2Address } from './ec2-place.ts'
import { signQuery } from './signed-query.ts'

/** EC2's API, whose answers are read here. */
const version = '2016-11-15'

/** A console has 64 KB, a third more in base64; what is said of one machine has some 10 KB. */
const maxBytes = 1024 * 1024

const defaultTimeoutMs = 10_000

/** Asks EC2 something that changes nothing. @throws {AwsError} */
export type Ec2Query = (
  signer: Ec2Signer,
  action: string,
  fields: Readonly<Record<string, string>>,
) => Promise<{ answer: Ec2Answer; server: string }>

/** Where EC2 is, in words and to be asked. */
interface Place {
  address: URL
  server: string
}

/** Requests are sent again where that can succeed, as the SDK's are: none of them changes anything. */
export function createEc2Query(options: ServiceSdkOptions): Ec2Query {
  const { sdk, clock, random, log, extraCa, requestTimeoutMs: timeoutMs = defaultTimeoutMs } = options
  const skew = createClockSkew(log)

  const send = async ({ address, server }: Place, { region, credentials }: Ec2Signer, body: string) => {
    const transport = createHttpTransport({
      address: serverAddress(address),
      tls: caBeside(extraCa),
      server,
      maxBytes,
      clock,
    })
    try {
      const headers = await signQuery({ sdk, credentials, region, address, body, atMs: clock.now() + skew.ms() })
      return await transport.exchange({
        method: 'POST',
        path: address.pathname,
        headers,
        mayReuse: false,
        body: Buffer.from(body),
        timeoutMs,
        signal: undefined,
      })
    } finally {
      transport.close()
    }
  }

  /** What is wrong with an outcome; undefined: nothing. */
  const faultOf = (outcome: HttpOutcome, action: string, server: string, signer: Ec2Signer): AwsError | undefined => {
    if (outcome.type === 'failure') return unanswered(outcome.error)
    const { status, body } = outcome.answer
    if (status === 200) return undefined
    const { secretAccessKey } = signer.credentials
    const call = { action, endpoint: server, secrets: [secretAccessKey.expose()] }
    return toEc2Error(readRefusal(sdk.parseXML, body, status), call)
  }

  return async (signer, action, fields) => {
    const instead = serverInstead(signer.endpoint, options.endpoint)
    const address = ec2Address(signer, instead)
    const server = instead === undefined ? `EC2 in ${signer.region}` : `EC2 at ${address.host}`
    const body = new URLSearchParams({ Action: action, Version: version, ...fields }).toString()
    for (let tries = 1; ; tries += 1) {
      const signedWithMs = skew.ms()
      const outcome = await send({ address, server }, signer, body)
      const fault = faultOf(outcome, action, server, signer)
      const isExpired = isAwsError(fault, 'AWS_TOKEN_EXPIRED')
      if (outcome.type === 'answer' && outcome.answer.clockSkewMs !== undefined) {
        skew.note(outcome.answer.clockSkewMs, isExpired)
      }
      if (fault === undefined && outcome.type === 'answer') {
        return { answer: readAnswer(sdk.parseXML, outcome.answer.body, action, server), server }
      }
      // EC2 says the same of a wrong clock and of a session that has ended.
      const isClockAtFault = isExpired && Math.abs(skew.ms() - signedWithMs) > tolerableSkewMs
      const isPassing = isAwsError(fault, 'AWS_UNREACHABLE', 'AWS_THROTTLED')
      if (fault !== undefined && (tries === maxAttempts || !(isPassing || isClockAtFault))) throw fault
      if (isPassing) await pause(clock, pauseMs(tries, isAwsError(fault, 'AWS_THROTTLED'), random))
    }
  }
}
