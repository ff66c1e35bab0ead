import { PromptError, type PromptQuestion } from './prompt.ts'

type Asked = Pick<PromptQuestion, 'text' | 'remedy'>

const askAgain = 'run the command again to be asked again'

/** There is neither a terminal nor a program. */
export function unavailable({ text, remedy }: Asked, cause?: unknown): PromptError {
  const inTerminal = remedy === undefined ? 'run the command in a terminal' : `in a terminal: ${remedy}`
  return new PromptError('PROMPT_UNAVAILABLE', `nobody to ask: ${text}`, {
    cause,
    hint: `${inTerminal}; or set prompt.program in the configuration`,
  })
}

/** Somebody was asked and did not answer. */
export function unanswered({ text, remedy }: Asked): PromptError {
  return new PromptError('PROMPT_TIMEOUT', `nobody answered: ${text}`, {
    hint: remedy === undefined ? askAgain : `in a terminal: ${remedy}`,
  })
}

/** The person said no to being asked. */
export function cancelled({ text }: Asked): PromptError {
  return new PromptError('PROMPT_CANCELLED', `cancelled: ${text}`, { hint: askAgain })
}

/** The person said no so recently that nobody is asked. */
export function coolingDown({ text }: Asked, seconds: number): PromptError {
  return new PromptError('PROMPT_COOLING_DOWN', `the prompt was cancelled a moment ago: ${text}`, {
    hint: `wait ${seconds} s and run the command again`,
  })
}

/** No answer was valid, after several tries. */
export function unfit({ text }: Asked, complaint: string): PromptError {
  return new PromptError('PROMPT_ANSWER_INVALID', `no valid answer (${complaint}): ${text}`, {
    hint: askAgain,
  })
}

/** The question must not be asked, for example because its page is not safe to visit. */
export function unaskable({ text }: Asked, fault: string): PromptError {
  return new PromptError('PROMPT_QUESTION_INVALID', `cannot be asked (${fault}): ${text}`, {
    hint: 'what is asked comes from a server: its operator has to set it right',
  })
}
