import type { Secret } from '../core/secret.ts'
import { readAnswer } from './kinds.ts'
import type { AnswerOutcome, PromptError, PromptQuestion } from './prompt.ts'
import { cancelled } from './prompt-failures.ts'

/** Where a question is put to the person. */
export type PromptPlace = 'terminal' | 'program'

/** A question's hold at the one place that has it. Once the place has lost the question, the calls do nothing. */
export interface Hold {
  answer(typed: Secret<string>): AnswerOutcome
  cancel(): void
  fail(error: PromptError): void
  /** Gives the question back without an answer: it goes to another place. */
  release(): void
}

/** A question that waits for its answer, and those who wait for it. */
export interface OpenQuestion {
  readonly id: string
  readonly question: PromptQuestion
  /** When it was first asked, in ms since the epoch. */
  readonly sinceMs: number
  /** Which place has it; undefined while none has. */
  place(): PromptPlace | undefined
  /** True while it is open and no place has it. */
  isFree(): boolean
  /** True once some place has had it. */
  wasPut(): boolean
  /** Takes a free question. @param onEnd called when the place loses the question, for whatever reason */
  take(place: PromptPlace, onEnd: () => void): Hold
  /**
   * Waits for the answer.
   * @param signal stops this wait, which rejects with its reason; when nobody is left waiting, the question is over
   */
  wait(signal: AbortSignal | undefined): Promise<unknown>
  /** Answers it from anywhere, whichever place has it. */
  answer(typed: Secret<string>): AnswerOutcome
  /** The person said no: everyone who waits fails. */
  cancel(): void
  fail(error: PromptError): void
}

/** What the owner of a question is told. */
export interface OpenQuestionEvents {
  onPut(place: PromptPlace): void
  /** The place that had it gave it back. */
  onFree(): void
  /** It was answered, it failed, or nobody waits for it any more. */
  onEnd(how: 'cancelled' | 'otherwise'): void
}

/** Opens a question; its owner has to find a place for it. */
export function createOpenQuestion(
  { id, question, sinceMs }: Pick<OpenQuestion, 'id' | 'question' | 'sinceMs'>,
  events: OpenQuestionEvents,
): OpenQuestion {
  const outcome = withResolvers<unknown>()
  let waiting = 0
  let isOver = false
  let wasPut = false
  let held: { place: PromptPlace; onEnd: () => void } | undefined

  const letGo = () => {
    const { onEnd } = held ?? {}
    held = undefined
    onEnd?.()
  }
  const end = (tellWaiters: () => void, how: 'cancelled' | 'otherwise' = 'otherwise') => {
    if (isOver) return
    isOver = true
    // First, so that a waiter who reacts to the outcome by asking again opens a new question.
    events.onEnd(how)
    letGo()
    tellWaiters()
  }
  const answer = (typed: Secret<string>): AnswerOutcome => {
    if (isOver) return 'gone'
    const reading = readAnswer(question, typed.expose())
    if ('complaint' in reading) return reading
    end(() => outcome.resolve(reading.answer))
    return 'taken'
  }
  const cancel = () => end(() => outcome.reject(cancelled(question)), 'cancelled')
  const fail = (error: PromptError) => end(() => outcome.reject(error))

  return {
    id,
    question,
    sinceMs,
    place: () => held?.place,
    isFree: () => !isOver && held === undefined,
    wasPut: () => wasPut,
    take(place, onEnd) {
      const mine = { place, onEnd }
      held = mine
      wasPut = true
      events.onPut(place)
      return {
        answer: (typed) => (held === mine ? answer(typed) : 'gone'),
        cancel: () => held === mine && cancel(),
        fail: (error) => held === mine && fail(error),
        release() {
          if (held !== mine) return
          letGo()
          events.onFree()
        },
      }
    },
    wait(signal) {
      waiting += 1
      if (signal === undefined) return outcome.promise
      const mine = withResolvers<unknown>()
      const leave = () => {
        mine.reject(signal.reason as Error)
        waiting -= 1
        if (waiting === 0) end(() => {})
      }
      signal.addEventListener('abort', leave)
      outcome.promise.then(mine.resolve, mine.reject).finally(() => signal.removeEventListener('abort', leave))
      return mine.promise
    },
    answer,
    cancel,
    fail,
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
