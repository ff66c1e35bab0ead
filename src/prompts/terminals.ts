import type { Clock } from '../core/time/clock.ts'
import type { Asker } from './asker.ts'
import { kindOf } from './kinds.ts'
import type { OpenQuestion } from './open-question.ts'
import { originOf, type PromptCaller, type PromptLease } from './prompt.ts'

/** The terminals of the callers that wait. */
export interface Terminals extends Asker {
  /** Registers a caller that waits for something about this topic; the returned function removes it again. */
  attend(topic: string, caller: PromptCaller): () => void
}

/** After an answer from a terminal, its caller comes back at once; a question that is asked again, or follows, waits this long for it. */
const comeBackMs = 3_000

/** Lends each question to one terminal, and to the next when nobody answers there or the terminal goes away. */
export function createTerminals(clock: Clock): Terminals {
  const attending = new Map<string, Set<PromptCaller>>()
  const offered = new WeakSet<PromptCaller>()
  /** Where the person is: the caller that gave the last answer about a topic, while it may still come back. */
  const lastAnswered = new Map<string, { origin: object; endsMs: number }>()

  const awaited = (topic: string) => {
    const last = lastAnswered.get(topic)
    if (last !== undefined && clock.uptime() < last.endsMs) return last
    lastAnswered.delete(topic)
    return undefined
  }

  const lend = (question: OpenQuestion, caller: PromptCaller) => {
    offered.add(caller)
    let tellEnd = () => {}
    const hold = question.take('terminal', () => {
      stopTimer()
      tellEnd()
    })
    const lease: PromptLease = {
      id: question.id,
      question: question.question,
      answer(typed) {
        const became = hold.answer(typed)
        if (became === 'taken') {
          const endsMs = clock.uptime() + comeBackMs
          lastAnswered.set(question.question.topic, { origin: originOf(caller), endsMs })
        }
        return became
      },
      cancel: hold.cancel,
      release: hold.release,
      onEnd(run) {
        tellEnd = run
      },
    }
    const stopTimer = clock.after(kindOf(question.question).patienceMs, hold.release)
    caller.offer!(lease)
  }

  return {
    attend(topic, caller) {
      const callers = attending.get(topic) ?? new Set()
      attending.set(topic, callers.add(caller))
      return () => {
        callers.delete(caller)
        if (callers.size === 0 && attending.get(topic) === callers) attending.delete(topic)
      }
    },
    ask(question, again) {
      const { topic, notice, follows } = question.question
      // Any other question continues nobody's conversation.
      const last = notice === undefined && follows !== true ? undefined : awaited(topic)
      const caller = [...(attending.get(topic) ?? [])].find(
        (each) =>
          each.offer !== undefined &&
          each.isGone?.() !== true &&
          !offered.has(each) &&
          // The person is where the last answer came from, not at another terminal that waits now or starts to.
          (last === undefined || originOf(each) === last.origin),
      )
      if (caller !== undefined) lend(question, caller)
      else if (last === undefined) return false
      else clock.after(last.endsMs - clock.uptime(), again)
      return true
    },
  }
}
