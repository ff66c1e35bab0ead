import { CodedError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'

/** Why a question was not answered. */
export type PromptErrorCode = 'PROMPT_UNAVAILABLE' | 'PROMPT_CANCELLED' | 'PROMPT_COOLING_DOWN' | 'PROMPT_TIMEOUT'

export class PromptError extends CodedError<PromptErrorCode> {}

/** One question to the person at the machine. */
export interface PromptQuestion {
  /** Who asks whom: the same for all who wait for the same answer, such as one MFA device of one user. */
  topic: string
  kind: 'mfa-code' | 'password' | 'token'
  /** What is asked, without a colon: `MFA code for arn:aws:iam::111122223333:mfa/jo`. */
  text: string
  /** Shown before the question: why it is asked again. */
  notice?: string
}

/** An open question, lent to one caller's terminal. It is settled once; the calls after that do nothing. */
export interface PromptLease {
  readonly id: string
  readonly question: PromptQuestion
  answer(value: Secret<string>): void
  /** The person said no: everyone who waits fails. */
  cancel(): void
  /** The holder went away without an answer: the question passes on. */
  release(): void
  /** Runs `run` when it is settled, or ends otherwise: by its time, or because nobody wants the answer any more. */
  onEnd(run: () => void): void
}

/** Someone who waits for a result and may be able to answer the questions on the way to it. */
export interface PromptCaller {
  /** False: fail with a clear error instead of waiting for a person. */
  readonly mayPrompt: boolean
  /** Takes the question to this caller's terminal. Absent where the caller has none in the foreground. */
  readonly offer?: (lease: PromptLease) => void
  /** True once nobody would read a question any more; absent where that cannot happen. */
  readonly isGone?: () => boolean
  /** The same in every call of one caller, who may leave with a question and come back for the outcome; this object if absent. */
  readonly origin?: object
}

/** The port through which a room reaches the person: asked once, however many wait. */
export interface Prompts {
  /**
   * Asks through the terminal of a caller who attends to the topic, else through the prompt program.
   * @param signal nobody wants the answer any more: rejects with its reason at once, and the question is withdrawn from
   *   wherever it is, unless others wait for the same answer
   * @throws {PromptError} nobody can be asked, or nobody answered
   */
  ask(question: PromptQuestion, signal?: AbortSignal): Promise<Secret<string>>
  /** Registers a waiting caller; the returned function takes it off again. */
  attend(topic: string, caller: PromptCaller): () => void
}
