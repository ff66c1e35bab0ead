import { describeError } from '../../core/errors.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Prompts } from '../../prompts/prompt.ts'
import { AwsError } from '../aws-error.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import type { MfaStep } from '../plan/steps.ts'
import type { CodeSource } from './code-source.ts'
import type { RunMfaCommand } from './mfa-command.ts'
import { mfaProcess } from './mfa-process.ts'
import { codeOf } from './totp-seed.ts'
import type { TotpSeeds } from './totp-seeds.ts'

/** The topic under which everyone who needs a code of this device waits. */
export const mfaTopic = (serial: string): string => `aws-mfa/${serial}`

/** What yields codes without a question to the person. */
export interface CodeSources {
  /**
   * Those of the device of a step, in the order in which they are tried.
   * @param mayAsk whether a person may be needed, as for a key that has to be touched
   */
  of(plan: CredentialPlan, step: MfaStep, mayAsk: boolean): Promise<readonly CodeSource[]>
  /** Whether codes can probably be had with nobody near. */
  needNobody(step: MfaStep): Promise<boolean>
}

/** Where codes come from. */
export interface CodeSourcesDeps {
  seeds: TotpSeeds
  runMfaCommand: RunMfaCommand
  prompts: Prompts
  clock: Clock
}

/** The seed in the keychain, then the command of `mfa_process`. */
export function createCodeSources({ seeds, runMfaCommand, prompts, clock }: CodeSourcesDeps): CodeSources {
  const ofSeed = async ({ source, mfaSerial }: MfaStep): Promise<CodeSource | undefined> => {
    const what = 'the seed in the keychain'
    try {
      const seed = await seeds.find(source)
      // Another device may have taken the place of the one that it is of.
      if (seed?.mfaSerial !== mfaSerial) return undefined
      return { what, periodSeconds: seed.periodSeconds, code: async (atMs) => codeOf(seed, atMs) }
    } catch (error) {
      const failure = new AwsError('AWS_CODE_SOURCE_FAILED', `${what} cannot be used: ${describeError(error)}`)
      return { what, periodSeconds: 30, code: () => Promise.reject(failure) }
    }
  }

  const ofCommand = ({ mfaCommand }: CredentialPlan, { mfaSerial }: MfaStep): CodeSource | undefined => {
    if (mfaCommand === undefined) return undefined
    const tell = (text: string, signal: AbortSignal) => {
      // Where nobody can be told, it is only waited.
      prompts.ask({ topic: mfaTopic(mfaSerial), kind: 'note', text }, signal).catch(() => {})
    }
    return mfaProcess(mfaCommand, { runMfaCommand, clock, tell })
  }

  return {
    async of(plan, step, mayAsk) {
      const sources = [await ofSeed(step), mayAsk ? ofCommand(plan, step) : undefined]
      return sources.filter((source) => source !== undefined)
    },
    async needNobody({ source }) {
      // A keychain that cannot answer has no codes either.
      return (await seeds.sources().catch((): readonly string[] => [])).includes(source)
    },
  }
}
