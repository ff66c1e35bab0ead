import type { Endpoint } from '../endpoint.ts'
import { promptAnswerSchema } from '../protocol.ts'

/** Answers or cancels a question that was lent on this connection; 404 `PROMPT_GONE` when the lease has ended. */
export const answerPrompt = {
  method: 'POST',
  pattern: '/v1/prompts/{id}',
  request: promptAnswerSchema,
} as const satisfies Endpoint

/** Answers when a question is lent no more, whether it was answered, withdrawn or given to somebody else. */
export const watchPrompt = {
  method: 'GET',
  pattern: '/v1/prompts/{id}',
  isLongPoll: true,
} as const satisfies Endpoint
