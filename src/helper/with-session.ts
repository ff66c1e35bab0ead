import type { CommandContext } from './command-context.ts'
import { formatLoggedIn } from './logged-in.ts'

type WithoutSession = { type: 'session-needed' }

/**
 * Makes a call that asks nobody; where it needs an MFA session of the source, the person is asked for one, and the call is
 * made again.
 * @throws {HelperError} as the call, and as `latchkey aws login`
 */
export async function withSession<Answer extends { type: string }>(
  source: string,
  context: CommandContext,
  call: () => Promise<Answer | WithoutSession>,
): Promise<Exclude<Answer, WithoutSession>> {
  for (;;) {
    const answer = await call()
    if (isAnswer(answer)) return answer
    const session = await context.daemon.call('awsLogin', { body: { profile: source } })
    context.note(formatLoggedIn(session, context.nowMs()))
  }
}

function isAnswer<Answer extends { type: string }>(
  answer: Answer | WithoutSession,
): answer is Exclude<Answer, WithoutSession> {
  return answer.type !== 'session-needed'
}
