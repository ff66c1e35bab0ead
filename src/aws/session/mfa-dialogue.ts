import { createInTurn } from '../../core/calls/in-turn.ts'
import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { PromptError, type Prompts } from '../../prompts/prompt.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { CodeSource } from '../codes/code-source.ts'
import { mfaTopic } from '../codes/code-sources.ts'
import { createAnsweredCodes } from './answered-codes.ts'
import { tryCodeSources } from './try-code-sources.ts'

/** How a code is got. */
export interface CodeRequest {
  /** What yields codes by itself, the first choice first. */
  sources: readonly CodeSource[]
  /** Whether a person may be asked where those fail. */
  mayAsk: boolean
  /** What the code is for, where that is no session for everything. */
  purpose?: string | undefined
  /** The command that asks for a code at once, for those who learn that nobody was asked. */
  remedy: string
  /** Aborted when nobody wants the code any more: its reason is thrown, and nobody is asked again. */
  signal: AbortSignal
}

/** Gets codes of an MFA device until AWS accepts one. */
export interface MfaDialogue {
  /**
   * Runs `use` with a code. A code that AWS refuses is asked for again, with the reason; any other failure ends it.
   * One dialogue per device at a time: two would be given the same code, and AWS accepts it once.
   * @throws {AwsError} AWS_MFA_CODE_REFUSED after the last try; AWS_CODE_SOURCE_FAILED: nor could anybody be asked;
   *   AWS_MFA_NEEDED: nor may anybody be asked; what `use` rejects with
   * @throws {PromptError}
   */
  withCode<T>(serial: string, use: (code: Secret<string>) => Promise<T>, request: CodeRequest): Promise<T>
  /**
   * Runs `use` with a code that was asked for elsewhere, once.
   * @throws {AwsError} AWS_MFA_CODE_REFUSED: also for a code that AWS is known to have seen; what `use` rejects with
   */
  withGiven<T>(serial: string, use: (code: Secret<string>) => Promise<T>, code: Secret<string>): Promise<T>
  /** Notes a code that AWS has accepted elsewhere. */
  noteAccepted(serial: string, code: Secret<string>): void
}

/** AWS locks nobody out, but a person who is wrong this often is looking at the wrong device. */
const maxTries = 3

/** What the dialogue needs from outside. */
export interface MfaDialogueDeps {
  prompts: Prompts
  clock: Clock
  /** The time by AWS's clock, in ms since the epoch. */
  awsNow: () => number
  log: Logger
}

/** Owns which codes AWS has accepted, and whose turn it is to ask for the next. */
export function createMfaDialogue({ prompts, clock, awsNow, log }: MfaDialogueDeps): MfaDialogue {
  const answered = createAnsweredCodes(clock, awsNow)
  const byDevice = createInTurn()

  const question = (serial: string, notice: string | undefined, { purpose, remedy }: CodeRequest) => ({
    topic: mfaTopic(serial),
    kind: 'code' as const,
    text: `MFA code for ${serial}${purpose === undefined ? '' : `, ${purpose}`}`,
    ...(notice === undefined ? {} : { notice }),
    remedy,
  })

  const nextOne = () => `wait ${answered.secondsToNext()} s for the next one`

  /** Why a code that looks right was refused: AWS says the same for a wrong one and for a used one. */
  const refusalNotice = (serial: string, isUsed: boolean) => {
    if (answered.isSpent(serial)) return `that code was already used: ${nextOne()}`
    return isUsed
      ? 'that code was already used: the device shows another one now'
      : `AWS refused that code: it is wrong or already used (the next one comes in ${answered.secondsToNext()} s)`
  }

  /** Has AWS look at a code, and remembers what it says. */
  const spend = async <T>(serial: string, code: Secret<string>, use: (code: Secret<string>) => Promise<T>) => {
    try {
      const result = await use(code)
      answered.note(serial, code, 'accepted')
      return { result }
    } catch (error) {
      // AWS looks at the code of a role before it looks at who may have the role.
      if (isAwsError(error, 'AWS_DENIED')) answered.note(serial, code, 'accepted')
      // Only an answer from AWS uses a code up: after a network error the same one may be given again.
      if (!isAwsError(error, 'AWS_MFA_CODE_REFUSED')) throw error
      answered.note(serial, code, 'refused')
      return { refusal: error }
    }
  }

  const askPerson = async <T>(
    serial: string,
    use: (code: Secret<string>) => Promise<T>,
    request: CodeRequest,
    failure: string | undefined,
  ): Promise<T> => {
    let notice = failure ?? (answered.isSpent(serial) ? `the code shown now was already used: ${nextOne()}` : undefined)
    let lastRefusal: unknown
    for (let tries = 0; tries < maxTries; tries += 1) {
      const code = await prompts.ask(question(serial, notice, request), request.signal)
      const verdict = answered.verdict(serial, code)
      if (verdict === undefined) {
        const spent = await spend(serial, code, use)
        if ('result' in spent) return spent.result
        lastRefusal = spent.refusal
        log.info('AWS refused an MFA code', { device: serial, tries: tries + 1 })
      }
      notice = refusalNotice(serial, verdict === 'accepted')
    }
    throw new AwsError('AWS_MFA_CODE_REFUSED', `no valid MFA code for ${serial} in ${maxTries} tries`, {
      cause: lastRefusal,
      hint: answered.isSpent(serial)
        ? `the code shown now was already used: ${nextOne()}, then run the command again`
        : 'check that the device is the one named here and that its clock is right, then run the command again',
    })
  }

  const converse: MfaDialogue['withCode'] = async (serial, use, request) => {
    const { sources, mayAsk, remedy, signal } = request
    const tried = await tryCodeSources(sources, {
      spend: (code) => spend(serial, code, use),
      isKnown: (code) => answered.verdict(serial, code) !== undefined,
      isSpent: () => answered.isSpent(serial),
      clock,
      awsNow,
      log,
      signal,
    })
    if ('result' in tried) return tried.result
    const { failure } = tried
    if (!mayAsk) {
      throw new AwsError('AWS_MFA_NEEDED', failure ?? `an MFA code for ${serial} is needed`, {
        hint: `in a terminal: ${remedy}`,
      })
    }
    try {
      return await askPerson(serial, use, request, failure)
    } catch (error) {
      const isUnasked = error instanceof PromptError && error.code === 'PROMPT_UNAVAILABLE'
      if (failure === undefined || !isUnasked) throw error
      throw new AwsError('AWS_CODE_SOURCE_FAILED', failure, { cause: error, hint: error.hint })
    }
  }

  const tryOnce: MfaDialogue['withGiven'] = async (serial, use, code) => {
    const verdict = answered.verdict(serial, code)
    if (verdict !== undefined) throw new AwsError('AWS_MFA_CODE_REFUSED', refusalNotice(serial, verdict === 'accepted'))
    const spent = await spend(serial, code, use)
    if ('refusal' in spent) throw spent.refusal
    return spent.result
  }

  return {
    withCode: (serial, ...rest) => byDevice.run(serial, () => converse(serial, ...rest)),
    // It asks nobody, and would be too late once somebody else has been asked.
    withGiven: tryOnce,
    noteAccepted: (serial, code) => answered.note(serial, code, 'accepted'),
  }
}
