import type { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import { coolDownMs, createCoolDown } from './cool-down.ts'
import { createDialogs, type PromptProgram } from './dialogs.ts'
import { type AnswerOf, kindOf, type Question, questionFault } from './kinds.ts'
import { createOpenQuestion, type OpenQuestion, type PromptPlace } from './open-question.ts'
import type { AnswerOutcome, PromptQuestion, Prompts } from './prompt.ts'
import { coolingDown, unanswered, unaskable, unavailable } from './prompt-failures.ts'
import { createTerminals } from './terminals.ts'

/** Called for each question put to a person, for the log; never with the answer. It must not throw. */
export type PromptListener = (asked: { question: PromptQuestion; by: PromptPlace }) => void

/** What a broker needs. */
export interface PromptsOptions {
  clock: Clock
  /** Absent: only terminals can be asked. Read for each question, so it may be a getter. */
  readonly program?: PromptProgram | undefined
  onAsked?: PromptListener
  newId: () => string
}

/** An open question, as it is shown to those who might answer it from elsewhere. */
export interface ListedQuestion {
  id: string
  question: Question
  /** When it was first asked, in ms since the epoch. */
  sinceMs: number
  /** Undefined while it waits for its turn. */
  place: PromptPlace | undefined
}

/**
 * The broker of questions. Code that knows the id of an open question may answer or cancel it, wherever it is being asked
 * at the moment; that place is told that it has ended.
 */
export interface PromptBroker extends Prompts {
  /** The open questions, the oldest first. */
  open(): readonly ListedQuestion[]
  /** @param typed what the person would type: the name of a choice, `yes` */
  answer(id: string, typed: Secret<string>): AnswerOutcome
  /** The person said no. @returns false if it is not open any more */
  cancel(id: string): boolean
}

/** Owns the open questions: each is put to one place at a time, and everyone who waits gets that answer. */
export function createPrompts(options: PromptsOptions): PromptBroker {
  const { clock, onAsked = () => {}, newId } = options
  const open = new Set<OpenQuestion>()
  const coolDown = createCoolDown(clock)
  const terminals = createTerminals(clock)
  const askers = [terminals, createDialogs(() => options.program)]

  const findPlace = (entry: OpenQuestion) => {
    if (!entry.isFree() || askers.some((asker) => asker.ask(entry, () => findPlace(entry)))) return
    entry.fail(entry.wasPut() ? unanswered(entry.question) : unavailable(entry.question))
  }

  const begin = (question: PromptQuestion): OpenQuestion => {
    const entry = createOpenQuestion(
      { id: newId(), question, sinceMs: clock.now() },
      {
        onPut: (by) => onAsked({ question, by }),
        onFree: () => findPlace(entry),
        onEnd(how) {
          open.delete(entry)
          if (how === 'cancelled' && kindOf(question).coolsDown) coolDown.begin(question.topic)
        },
      },
    )
    open.add(entry)
    findPlace(entry)
    return entry
  }

  const find = (isIt: (entry: OpenQuestion) => boolean) => [...open].find(isIt)

  return {
    async ask<Asked extends PromptQuestion>(question: Asked, signal?: AbortSignal) {
      signal?.throwIfAborted()
      const fault = questionFault(question)
      if (fault !== undefined) throw unaskable(question, fault)
      const { topic, kind, isOwn } = question
      const present = isOwn
        ? undefined
        : find(({ question: asked }) => asked.topic === topic && asked.kind === kind && !asked.isOwn)
      if (present === undefined && coolDown.isOn(topic)) throw coolingDown(question, coolDownMs / 1000)
      return (await (present ?? begin(question)).wait(signal)) as AnswerOf<Asked['kind']>
    },
    attend(topic, caller) {
      const leave = terminals.attend(topic, caller)
      for (const entry of open) if (entry.question.topic === topic) findPlace(entry)
      return leave
    },
    open: () =>
      [...open].map(({ id, question, sinceMs, place }) => {
        const { topic: _, remedy: __, isOwn: ___, follows: ____, ...shown } = question
        return { id, question: shown, sinceMs, place: place() }
      }),
    answer: (id, typed) => find((entry) => entry.id === id)?.answer(typed) ?? 'gone',
    cancel(id) {
      const entry = find((each) => each.id === id)
      entry?.cancel()
      return entry !== undefined
    },
  }
}
