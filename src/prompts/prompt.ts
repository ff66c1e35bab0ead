import { CodedError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { AnswerOf, Question } from './kinds.ts'

/** Why a question was not answered. */
export type PromptErrorCode =
  | 'PROMPT_UNAVAILABLE'
  | 'PROMPT_CANCELLED'
  | 'PROMPT_COOLING_DOWN'
  | 'PROMPT_TIMEOUT'
  | 'PROMPT_QUESTION_INVALID'
  | 'PROMPT_ANSWER_INVALID'

/** The error of this room: the person was not asked, or gave no answer. */
export class PromptError extends CodedError<PromptErrorCode> {}

/** One question to the person at the machine. */
export type PromptQuestion = Question & {
  /** Who asks whom: the same for all who wait for the same answer, such as one MFA device of one user. */
  topic: string
}

/**
 * What became of an answer: it was taken, or the question is not open any more, or it cannot be the answer, which
 * `complaint` says to the person; the question is still open then.
 */
export type AnswerOutcome = 'taken' | 'gone' | { complaint: string }

/** An open question, lent to one caller's terminal. It is settled once; the calls after that do nothing. */
export interface PromptLease {
  /** The question's. */
  readonly id: string
  readonly question: PromptQuestion
  /** @param typed as the person typed it */
  answer(typed: Secret<string>): AnswerOutcome
  /** The person said no: everyone who waits fails. */
  cancel(): void
  /** The holder went away without an answer: the question passes on. */
  release(): void
  /**
   * Runs `run` when it is settled, or ends otherwise: by its time, because nobody wants the answer any more, or because
   * somebody else gave it.
   */
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

/** What a caller is known by from one call to the next. */
export const originOf = (caller: PromptCaller): object => caller.origin ?? caller

/** The port through which a room reaches the person: asked once, however many wait. */
export interface Prompts {
  /**
   * Asks through the terminal of a caller who attends to the topic, else through the prompt program.
   * @param signal nobody wants the answer any more: rejects with its reason at once, and the question is withdrawn from
   *   wherever it is, unless others wait for the same answer
   * @returns what the question's kind says (src/prompts/kinds)
   * @throws {PromptError} nobody can be asked, or nobody answered
   */
  ask<Asked extends PromptQuestion>(question: Asked, signal?: AbortSignal): Promise<AnswerOf<Asked['kind']>>
  /** Registers a waiting caller; the returned function takes it off again. */
  attend(topic: string, caller: PromptCaller): () => void
}
