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
  /** Who asks whom: the same for everyone who waits for the same answer, such as the code of one user's MFA device. */
  topic: string
  /** It is one caller's alone: another one like it is another question. */
  isOwn?: true
  /** It comes of the answer to another question of its topic: the caller that gave that is about to come back. */
  follows?: true
  /** The command that asks at once, in a terminal: the program that learns that nobody was asked may be another one. */
  remedy?: string
}

/**
 * What became of an answer: it was taken; or the question is not open any more; or it is not valid, and `complaint` says
 * the person why. In the last case the question is still open.
 */
export type AnswerOutcome = 'taken' | 'gone' | { complaint: string }

/** An open question, lent to one caller's terminal. It is settled once; calls after that do nothing. */
export interface PromptLease {
  /** The id of the question. */
  readonly id: string
  readonly question: PromptQuestion
  /** @param typed as the person typed it */
  answer(typed: Secret<string>): AnswerOutcome
  /** The person said no: everyone who waits fails. */
  cancel(): void
  /** The holder went away without an answer: the question goes to another place. */
  release(): void
  /**
   * Runs `run` when the lease is settled or ends in another way: its time is up, nobody wants the answer any more, or
   * somebody else gave it.
   */
  onEnd(run: () => void): void
}

/** A caller that waits for a result and may be able to answer the questions on the way to it. */
export interface PromptCaller {
  /** False: fail with a clear error instead of waiting for a person. */
  readonly mayPrompt: boolean
  /** Takes the question to this caller's terminal. Absent if the caller has none in the foreground. */
  readonly offer?: (lease: PromptLease) => void
  /** Whether the caller has a terminal in the foreground, be it asked there or not. */
  readonly hasTerminal?: boolean
  /** An answer came from it already: what is held now may have been made with that. */
  readonly hasAnswered?: boolean
  /** True once nobody would read a question any more; absent if that cannot happen. */
  readonly isGone?: () => boolean
  /**
   * The same object in every call of one caller, which may leave with a question and come back for the outcome. If absent,
   * this object.
   */
  readonly origin?: object
}

/** The object by which a caller is recognised from one call to the next. */
export const originOf = (caller: PromptCaller): object => caller.origin ?? caller

/** The port through which a room reaches the person, who is asked once, however many callers wait. */
export interface Prompts {
  /**
   * Asks through the terminal of a caller that is registered for the topic, otherwise through the prompt program.
   * @param signal aborts when the answer is not wanted any more: the promise rejects at once with its reason, and the
   *   question is withdrawn, unless others wait for the same answer
   * @returns the answer of the question's kind (src/prompts/kinds)
   * @throws {PromptError} nobody can be asked, or nobody answered
   */
  ask<Asked extends PromptQuestion>(question: Asked, signal?: AbortSignal): Promise<AnswerOf<Asked['kind']>>
  /** Registers a waiting caller; the returned function removes it again. */
  attend(topic: string, caller: PromptCaller): () => void
}
