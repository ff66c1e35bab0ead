import { createInTurn } from '../../core/calls/in-turn.ts'
import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Prompts } from '../../prompts/prompt.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { createAnsweredCodes } from './answered-codes.ts'

/** How a code is asked for. */
export interface CodeWording {
  /** What the code is for, where that is no session for everything. */
  purpose?: string | undefined
  /** The command that asks for a code at once, for those who learn that nobody was asked. */
  remedy?: string | undefined
}

/** Asks for the code of an MFA device until AWS accepts one. */
export interface MfaDialogue {
  /**
   * Runs `use` with a code. A code that AWS refuses is asked for again, with the reason; any other failure ends it.
   * One dialogue per device at a time: two would be given the same code, and AWS accepts it once.
   * @param signal aborted when nobody wants the code any more: its reason is thrown, and nobody is asked again
   * @throws {AwsError} AWS_MFA_CODE_REFUSED after the last try; what `use` rejects with
   * @throws {PromptError}
   */
  withCode<T>(
    serial: string,
    use: (code: Secret<string>) => Promise<T>,
    signal?: AbortSignal,
    wording?: CodeWording,
  ): Promise<T>
}

/** The topic under which everyone who needs a code of this device waits. */
export const mfaTopic = (serial: string): string => `aws-mfa/${serial}`

/** AWS locks nobody out, but a person who is wrong this often is looking at the wrong device. */
const maxTries = 3

/** What the dialogue needs from outside. */
export interface MfaDialogueDeps {
  prompts: Prompts
  clock: Clock
  log: Logger
}

/** Owns which codes AWS has accepted, and whose turn it is to ask for the next. */
export function createMfaDialogue({ prompts, clock, log }: MfaDialogueDeps): MfaDialogue {
  const answered = createAnsweredCodes(clock)
  const byDevice = createInTurn()

  const question = (serial: string, notice: string | undefined, { purpose, remedy }: CodeWording) => ({
    topic: mfaTopic(serial),
    kind: 'code' as const,
    text: `MFA code for ${serial}${purpose === undefined ? '' : `, ${purpose}`}`,
    ...(notice === undefined ? {} : { notice }),
    ...(remedy === undefined ? {} : { remedy }),
  })

  /** Why a code that looks right was refused: AWS says the same for a wrong one and for a used one. */
  const refusalNotice = (serial: string) =>
    answered.isSpent(serial)
      ? `that code was already used: wait ${answered.secondsToNext()} s for the next one`
      : 'AWS refused that code: it is wrong or already used'

  const converse: MfaDialogue['withCode'] = async (serial, use, signal, wording = {}) => {
    let notice = answered.isSpent(serial)
      ? `the code shown now was already used: wait ${answered.secondsToNext()} s for the next one`
      : undefined
    let lastRefusal: unknown
    for (let tries = 0; tries < maxTries; tries += 1) {
      const code = await prompts.ask(question(serial, notice, wording), signal)
      if (answered.has(serial, code)) {
        notice = refusalNotice(serial)
        continue
      }
      try {
        const result = await use(code)
        answered.note(serial, code, true)
        return result
      } catch (error) {
        // AWS looks at the code of a role before it looks at who may have the role.
        if (isAwsError(error, 'AWS_DENIED')) answered.note(serial, code, true)
        // Only an answer from AWS uses a code up: after a network error the same one may be given again.
        if (!isAwsError(error, 'AWS_MFA_CODE_REFUSED')) throw error
        answered.note(serial, code, false)
        lastRefusal = error
        notice = refusalNotice(serial)
        log.info('AWS refused an MFA code', { device: serial, tries: tries + 1 })
      }
    }
    throw new AwsError('AWS_MFA_CODE_REFUSED', `no valid MFA code for ${serial} in ${maxTries} tries`, {
      cause: lastRefusal,
      hint: 'check that the device is the one named here and that its clock is right, then run the command again',
    })
  }

  return {
    withCode: (serial, ...rest) => byDevice.run(serial, () => converse(serial, ...rest)),
  }
}
