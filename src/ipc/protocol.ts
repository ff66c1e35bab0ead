import * as v from 'valibot'

/**
 * The local API: HTTP/1.1 with JSON bodies on `api.sock`. An error answer is `{"error":{code,message,hint?}}` with an
 * honest status; 401 means that a person is needed. A 401 may lend a question to the caller (`error.prompt`): the
 * caller answers it with `POST /v1/prompts/{id}` **on the same connection**, which holds the lease, and then repeats
 * its request.
 *
 * endpoints.ts lists all calls: requests and answers are described as schemas, and the receiver checks each one before
 * using it.
 *
 * A request has at most so many bytes, as a settings file has: an import of keys sends what it changes in one, for each of
 * 2000 profiles perhaps. Answers may be longer (http-reply.ts).
 */
export const maxBodyBytes = 1024 * 1024

/** Request header that says how this caller may be asked: on its own terminal, by the daemon's prompt program, or never. */
export const promptHeader = 'latchkey-prompt'
/** The values of that header. */
export const promptModes = ['terminal', 'program', 'never'] as const
/** One of them. */
export type PromptMode = (typeof promptModes)[number]

/** A question that is lent to the caller; the fields of its kind come on top (src/prompts/kinds). */
export interface LentPrompt {
  id: string
  kind: string
  text: string
  notice?: string
}

/** The body of an error answer. */
export interface ApiErrorBody {
  error: { code: string; message: string; hint?: string; prompt?: LentPrompt }
}

/**
 * `POST /v1/prompts/{id}`: answers 204; 404 `PROMPT_GONE` when the lease has ended; 400 `REQUEST_INVALID` for an invalid
 * answer, after which the question is still open. The answer is what a person would type; the question's kind reads it.
 */
export const promptAnswerSchema = v.union([
  v.strictObject({ answer: v.pipe(v.string(), v.maxLength(4096)) }),
  v.strictObject({ cancel: v.literal(true) }),
])
/** What was typed, or a cancellation. */
export type PromptAnswer = v.InferOutput<typeof promptAnswerSchema>
