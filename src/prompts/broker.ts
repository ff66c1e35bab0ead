import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { type PromptCaller, PromptError, type PromptLease, type PromptQuestion, type Prompts } from './prompt.ts'

/**
 * Asks the person without a terminal: an askpass program. Resolves to undefined when the person says no.
 * @param withdrawn nobody waits for the answer any more: the dialog is closed
 */
export type PromptProgram = (question: PromptQuestion, withdrawn: AbortSignal) => Promise<Secret<string> | undefined>

/** Told about each question put to a person, for the log; never with the answer. It must not throw. */
export type PromptListener = (asked: { question: PromptQuestion; by: 'terminal' | 'program' }) => void

/** A terminal that has a question for longer has been left: the question passes on. */
const leaseMs = 60_000
/** After an answer from a terminal its caller comes back at once; a second question waits so long for it. */
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
  /** How many wait for the answer. */
  askers: number
  /** Ends the lease or the dialog that has the question. */
  withdrawn: AbortController
  /** True while a terminal or the program has the question. */
  assigned: boolean
  /** True while it waits for its turn with the program; a terminal that turns up meanwhile takes it over. */
  queued: boolean
  /** True once somebody was asked. */
  wasAsked: boolean
}

/** Owns the open questions: each is put to one place at a time, and everyone who waits gets that answer. */
export function createPrompts({ clock, program, onAsked = () => {}, newId }: PromptsOptions): PromptBroker {
  const open = new Map<string, OpenQuestion>()
  const attending = new Map<string, Set<PromptCaller>>()
  const answeredOnTerminal = new Map<string, { atMs: number; othersWaiting: ReadonlySet<PromptCaller> }>()
  const cooling = new Map<string, number>()
  const leases = new Map<string, PromptLease>()
  const offered = new WeakSet<PromptCaller>()
  let programQueue: Promise<unknown> = Promise.resolve()

  const isOpen = (entry: OpenQuestion) => open.get(entry.question.topic) === entry
  const close = (entry: OpenQuestion) => {
    // What was withdrawn may have a successor.
    if (isOpen(entry)) open.delete(entry.question.topic)
  }
  const fail = (entry: OpenQuestion, error: PromptError) => {
    close(entry)
    entry.failed(error)
  }
  const cancel = (entry: OpenQuestion) => {
    cooling.set(entry.question.topic, clock.uptime() + coolDownMs)
    fail(entry, cancelled(entry.question))
  }

  const place = (entry: OpenQuestion) => {
    const { topic } = entry.question
    if (entry.assigned || !isOpen(entry)) return
    const last = answeredOnTerminal.get(topic)
    const returnLeftMs = last === undefined ? 0 : last.atMs + returnMs - clock.uptime()
    const terminal = [...(attending.get(topic) ?? [])].find(
      (caller) =>
        caller.offer !== undefined &&
        caller.isGone?.() !== true &&
        !offered.has(caller) &&
        // The person is where the last answer came from, not at one of the terminals that were waiting already.
        !(returnLeftMs > 0 && last?.othersWaiting.has(caller)),
    )
    if (terminal !== undefined) lend(entry, terminal)
    else if (returnLeftMs > 0) clock.after(returnLeftMs, () => place(entry))
    else if (program !== undefined) queueForProgram(entry, program)
    else fail(entry, entry.wasAsked ? unanswered(entry.question) : unavailable(entry.question))
  }

  const lend = (entry: OpenQuestion, caller: PromptCaller) => {
    offered.add(caller)
    entry.assigned = true
    entry.wasAsked = true
    const id = newId()
    let tellEnd = () => {}
    const settle = (then: () => void) => {
      if (!leases.delete(id)) return
      stopTimer()
      entry.assigned = false
      tellEnd()
      then()
    }
    const lease: PromptLease = {
      id,
      question: entry.question,
      answer: (value) =>
        settle(() => {
          const { topic } = entry.question
          answeredOnTerminal.set(topic, { atMs: clock.uptime(), othersWaiting: new Set(attending.get(topic)) })
          close(entry)
          entry.answered(value)
        }),
      cancel: () => settle(() => cancel(entry)),
      release: () => settle(() => place(entry)),
      onEnd(run) {
        tellEnd = run
      },
    }
    leases.set(id, lease)
    const stopTimer = clock.after(leaseMs, lease.release)
    entry.withdrawn.signal.addEventListener('abort', () => settle(() => {}))
    onAsked({ question: entry.question, by: 'terminal' })
    caller.offer!(lease)
  }

  // One dialog at a time: two on one screen would take each other's input.
  const queueForProgram = (entry: OpenQuestion, ask: PromptProgram) => {
    if (entry.queued) return
    entry.queued = true
    programQueue = programQueue.then(async () => {
      entry.queued = false
      if (entry.assigned || !isOpen(entry)) return
      entry.assigned = true
      entry.wasAsked = true
      onAsked({ question: entry.question, by: 'program' })
      try {
        const answer = await ask(entry.question, entry.withdrawn.signal)
        if (!isOpen(entry)) return
        if (answer === undefined) return cancel(entry)
        close(entry)
        entry.answered(answer)
      } catch (cause) {
        fail(entry, cause instanceof PromptError ? cause : unavailable(entry.question, cause))
      }
    })
  }

  const begin = (question: PromptQuestion): OpenQuestion => {
    const { promise, resolve, reject } = withResolvers<Secret<string>>()
    const entry: OpenQuestion = {
      question,
      answered: resolve,
      failed: reject,
      promise,
      askers: 0,
      withdrawn: new AbortController(),
      assigned: false,
      queued: false,
      wasAsked: false,
    }
    open.set(question.topic, entry)
    place(entry)
    return entry
  }

  /** The answer for one who waits, and may stop to. */
  const answerFor = (entry: OpenQuestion, signal: AbortSignal | undefined): Promise<Secret<string>> => {
    entry.askers += 1
    if (signal === undefined) return entry.promise
    const given = withResolvers<Secret<string>>()
    const leave = () => {
      given.reject(signal.reason as Error)
      entry.askers -= 1
      if (entry.askers > 0) return
      close(entry)
      entry.withdrawn.abort()
    }
    signal.addEventListener('abort', leave)
    entry.promise.then(given.resolve, given.reject).finally(() => signal.removeEventListener('abort', leave))
    return given.promise
  }

  return {
    async ask(question, signal) {
      signal?.throwIfAborted()
      const present = open.get(question.topic)
      if (present !== undefined) return answerFor(present, signal)
      if (clock.uptime() < (cooling.get(question.topic) ?? 0)) throw coolingDown(question)
      return answerFor(begin(question), signal)
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

function unanswered(question: PromptQuestion): PromptError {
  return new PromptError('PROMPT_TIMEOUT', `nobody answered: ${question.text}`, {
    hint: 'run the command again to be asked again',
  })
}

function cancelled(question: PromptQuestion): PromptError {
  return new PromptError('PROMPT_CANCELLED', `cancelled: ${question.text}`, {
    hint: 'run the command again to be asked again',
  })
}

function coolingDown(question: PromptQuestion): PromptError {
  return new PromptError('PROMPT_COOLING_DOWN', `the prompt was cancelled a moment ago: ${question.text}`, {
    hint: `wait ${coolDownMs / 1000} s and run the command again`,
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
