import type { Readable } from 'node:stream'
import type { STSClient } from '@aws-sdk/client-sts'
import type { Clock } from '../../core/time/clock.ts'
import { withDeadline } from '../../core/time/deadline.ts'
import { readBody } from '../../http/read-body.ts'
import { AwsError } from '../aws-error.ts'

/** STS answers with a few kB. */
const maxAnswerBytes = 256 * 1024

/** What an answer may take up. */
export interface AnswerBounds {
  /** How messages name the server. */
  server: string
  /** The variable that puts another server in its place. */
  endpointVariable: string
  /** How long a try may take, from its first byte out to its last byte in, in ms. */
  timeoutMs: number
}

/**
 * Makes a client read each answer whole before it is looked at, with bounds: the SDK reads bodies of any size, however
 * slowly they come. A request whose answer has begun is not sent again: AWS may have acted on it, and used up the code
 * in it.
 */
export function boundAnswers(client: STSClient, bounds: AnswerBounds, clock: Clock): void {
  client.middlewareStack.add(
    (next) => (args) =>
      withDeadline(clock, bounds.timeoutMs, async (deadline) => {
        const result = await next(args)
        const response = result.response as { body?: unknown }
        if (isStream(response.body)) response.body = await readWhole(response.body, deadline, bounds)
        return result
      }),
    // The innermost step: one answer of one try.
    { step: 'deserialize', name: 'boundAnswers', priority: 'low' },
  )
}

const isStream = (body: unknown): body is Readable =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body

async function readWhole(body: Readable, deadline: AbortSignal, bounds: AnswerBounds): Promise<Uint8Array> {
  const giveUp = () => body.destroy(tooSlow(bounds))
  if (deadline.aborted) giveUp()
  deadline.addEventListener('abort', giveUp)
  try {
    const whole = await readBody(body, maxAnswerBytes)
    if (whole === undefined) throw tooLong(bounds)
    return whole
  } finally {
    deadline.removeEventListener('abort', giveUp)
  }
}

function tooLong({ server, endpointVariable }: AnswerBounds): AwsError {
  return new AwsError('AWS_BAD_RESPONSE', `${server} answers with more than ${maxAnswerBytes} bytes`, {
    hint: `something on the way may answer in place of AWS: check ${endpointVariable} and the network`,
  })
}

function tooSlow({ server, timeoutMs }: AnswerBounds): AwsError {
  return new AwsError(
    'AWS_UNREACHABLE',
    `${server} did not send its whole answer within ${Math.ceil(timeoutMs / 1000)} s`,
    { hint: 'check the network of this machine, then run the command again' },
  )
}
