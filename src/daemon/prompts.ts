import type { Clock } from '../core/clock.ts'
import { type PromptCaller, PromptError, type PromptLease, type PromptQuestion, type Prompts } from '../core/prompt.ts'
import type { Secret } from '../core/secret.ts'

/** Asks the person without a terminal: an askpass program. Resolves to undefined when the person says no. */
export type PromptProgram = (question: PromptQuestion) => Promise<Secret<string> | undefined>

/** Told about each question put to a person, for the log; never with the answer. */
export type PromptListener = (asked: { question: PromptQuestion; by: 'terminal' | 'program' }) => void

/** A terminal that has a question for longer has been left: the question passes on. */
const leaseMs = 60_000
/** After an answer from a terminal its caller asks again at once; a second question waits so long for it to come back. */
const returnMs = 3_000
/** After a cancelled prompt nobody is asked about this topic, so that twenty waiting tools do not open twenty prompts. */
const coolDownMs = 5_000

export interface PromptsOptions {
  clock: Clock
  /** Absent: only terminals can be asked. */
  program?: PromptProgram
  onAsked?: PromptListener
  newId: () => string
}

/** The broker of questions, with the leases by id for the local API. */
export interface PromptBroker extends Prompts {
  /** The lease of an open question, for the answer that comes in over the local API. */
  lease(id: string): PromptLease | undefined
}

interface OpenQuestion {
  question: PromptQuestion
  answered: (value: Secret<string>) => void
  failed: (error: PromptError) => void
  promise: Promise<Secret<string>>
  /** True while a terminal or the program has the question. */
  assigned: boolean
}

/** Owns the open questions: each is put to one place at a time, and everyone who waits gets that answer. */
export function createPrompts({ clock, program, onAsked = () => {}, newId }: PromptsOptions): PromptBroker {
  const open = new Map<string, OpenQuestion>()
  const attending = new Map<string, Set<PromptCaller>>()
  const answeredOnTerminal = new Map<string, number>()
  const cooling = new Map<string, number>()
  const leases = new Map<string, PromptLease>()
  const offered = new WeakSet<PromptCaller>()
  let programQueue: Promise<unknown> = Promise.resolve()

  const close = (entry: OpenQuestion) => open.delete(entry.question.topic)
  const fail = (entry: OpenQuestion, error: PromptError) => {
    close(entry)
    entry.failed(error)
  }
  const cancel = (entry: OpenQuestion) => {
    cooling.set(entry.question.topic, clock.uptime() + coolDownMs)
    fail(
      entry,
      new PromptError('PROMPT_CANCELLED', `cancelled: ${entry.question.text}`, {
        hint: 'run the command again to be asked again',
      }),
    )
  }

  const place = (entry: OpenQuestion) => {
    if (entry.assigned || open.get(entry.question.topic) !== entry) return
    const callers = [...(attending.get(entry.question.topic) ?? [])]
    const terminal = callers.find((caller) => caller.offer !== undefined && !offered.has(caller))
    if (terminal !== undefined) return lend(entry, terminal)
    const lastMs = answeredOnTerminal.get(entry.question.topic)
    if (lastMs !== undefined && clock.uptime() - lastMs < returnMs) {
      clock.after(returnMs - (clock.uptime() - lastMs), () => place(entry))
      return
    }
    if (program !== undefined) return askProgram(entry, program)
    fail(entry, unavailable(entry.question))
  }

  const lend = (entry: OpenQuestion, caller: PromptCaller) => {
    offered.add(caller)
    entry.assigned = true
    const id = newId()
    const settle = (then: () => void) => {
      if (!leases.delete(id)) return
      stopTimer()
      entry.assigned = false
      if (open.get(entry.question.topic) === entry) then()
    }
    const lease: PromptLease = {
      id,
      question: entry.question,
      answer: (value) =>
        settle(() => {
          answeredOnTerminal.set(entry.question.topic, clock.uptime())
          close(entry)
          entry.answered(value)
        }),
      cancel: () => settle(() => cancel(entry)),
      release: () => settle(() => place(entry)),
    }
    leases.set(id, lease)
    const stopTimer = clock.after(leaseMs, lease.release)
    onAsked({ question: entry.question, by: 'terminal' })
    caller.offer!(lease)
  }

  // One dialog at a time: two on one screen would take each other's input.
  const askProgram = (entry: OpenQuestion, ask: PromptProgram) => {
    entry.assigned = true
    programQueue = programQueue.then(async () => {
      if (open.get(entry.question.topic) !== entry) return
      onAsked({ question: entry.question, by: 'program' })
      try {
        const answer = await ask(entry.question)
        if (answer === undefined) return cancel(entry)
        close(entry)
        entry.answered(answer)
      } catch (cause) {
        fail(entry, cause instanceof PromptError ? cause : unavailable(entry.question, cause))
      }
    })
  }

  return {
    ask(question) {
      const present = open.get(question.topic)
      if (present !== undefined) return present.promise
      if (clock.uptime() < (cooling.get(question.topic) ?? 0)) {
        return Promise.reject(
          new PromptError('PROMPT_COOLING_DOWN', `the prompt was cancelled a moment ago: ${question.text}`, {
            hint: `wait ${coolDownMs / 1000} s and run the command again`,
          }),
        )
      }
      const { promise, resolve, reject } = withResolvers<Secret<string>>()
      const entry: OpenQuestion = { question, answered: resolve, failed: reject, promise, assigned: false }
      open.set(question.topic, entry)
      place(entry)
      return promise
    },
    attend(topic, caller) {
      const callers = attending.get(topic) ?? new Set()
      attending.set(topic, callers.add(caller))
      const entry = open.get(topic)
      if (entry !== undefined) place(entry)
      return () => {
        callers.delete(caller)
        if (callers.size === 0 && attending.get(topic) === callers) attending.delete(topic)
      }
    },
    lease: (id) => leases.get(id),
  }
}

function unavailable(question: PromptQuestion, cause?: unknown): PromptError {
  return new PromptError('PROMPT_UNAVAILABLE', `nobody to ask: ${question.text}`, {
    cause,
    hint: 'run the command in a terminal, or set prompt.program in the configuration',
  })
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
