import { describeError } from '../core/errors.ts'
import { shellWord } from '../core/text/shell-word.ts'
import { formatDuration } from '../core/time/duration.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import { programOf } from './codes/mfa-command.ts'
import type { TotpSeeds } from './codes/totp-seeds.ts'
import { displayKeyId } from './credentials.ts'
import { describeSts, endpointNotices } from './explained-endpoint.ts'
import type { LongTermKeys } from './keys/long-term-keys.ts'
import type { CredentialPlan } from './plan/credential-plan.ts'
import { isEmpty } from './plan/role-terms.ts'
import {
  type DerivedStep,
  isMfaStep,
  type KeyStep,
  type MfaStep,
  type RoleStep,
  type Step,
  stepsTo,
} from './plan/steps.ts'
import type { EndpointVariable } from './plan/sts-endpoint.ts'
import type { DerivedCredentials } from './session/derived-credentials.ts'
import type { SessionCache } from './session/session-cache.ts'

/** One step on the way to the credentials of a profile. */
export interface ExplainedStep {
  type: Step['type']
  /** What it is, in words. */
  what: string
  /** What more is said about it, a line each. */
  details: readonly string[]
  /** `held`: in hand. `missing`: a person must do something. `when-needed`: AWS is asked when somebody needs it. */
  state: 'held' | 'missing' | 'when-needed' | 'unknown'
  /** UTC; of what is held and ends. */
  expiresAt?: string
  /** What to run, or why the state is not known. */
  hint?: string
}

/** The way to the credentials of a profile, and what of it is in hand. */
export interface Explanation {
  profile: string
  steps: readonly ExplainedStep[]
  /** What differs from the configuration, and why. */
  notices: readonly string[]
}

/** Who knows what is held, and where STS is. */
export interface ExplanationDeps {
  keys: LongTermKeys
  sessions: SessionCache
  derived: DerivedCredentials
  seeds: TotpSeeds
  stsVariable: EndpointVariable | undefined
}

/** Looks at what is held for each step of a plan. AWS is not called, and nobody is asked. */
export async function explainPlan(plan: CredentialPlan, deps: ExplanationDeps): Promise<Explanation> {
  const steps: ExplainedStep[] = []
  for (const step of stepsTo(plan.last)) {
    steps.push(step.type === 'key' ? await explainKey(step, deps) : await explainDerived(plan, step, deps))
  }
  return { profile: plan.profile, steps, notices: [...plan.notices, ...endpointNotices(plan.last, deps.stsVariable)] }
}

async function explainKey({ source }: KeyStep, { keys }: ExplanationDeps): Promise<ExplainedStep> {
  const step = { type: 'key', what: `access key of ${source}`, details: [] } as const
  try {
    const key = await keys.find(source)
    if (key !== undefined) return { ...step, details: [displayKeyId(key.accessKeyId)], state: 'held' }
    return { ...step, state: 'missing', hint: `latchkey aws keys add ${shellWord(source)}` }
  } catch (error) {
    // A locked keychain says nothing about what is in it.
    return { ...step, state: 'unknown', hint: describeError(error) }
  }
}

async function explainDerived(
  plan: CredentialPlan,
  step: DerivedStep,
  { sessions, derived, seeds, stsVariable }: ExplanationDeps,
): Promise<ExplainedStep> {
  const codes = isMfaStep(step) ? await codesOf(plan, step, seeds) : []
  const explained = { type: step.type, what: whatIs(step), details: [...detailsOf(step, stsVariable), ...codes] }
  try {
    const held = isMfaStep(step) ? (await sessions.find(step))?.credentials : derived.peek(step.cacheKey)
    if (held !== undefined) return { ...explained, state: 'held', expiresAt: formatUtc(held.expiresAtMs) }
  } catch (error) {
    return { ...explained, state: 'unknown', hint: describeError(error) }
  }
  if (!isMfaStep(step)) return { ...explained, state: 'when-needed' }
  return { ...explained, state: 'missing', hint: `latchkey aws login ${shellWord(plan.profile)}` }
}

/** What gives its codes, before anybody is asked. */
async function codesOf({ mfaCommand }: CredentialPlan, { source }: MfaStep, seeds: TotpSeeds): Promise<string[]> {
  // What cannot be found out is not shown: the keychain's state stands at the key.
  const hasSeed = (await seeds.sources().catch((): readonly string[] => [])).includes(source)
  return [
    ...(hasSeed ? ['codes from the seed in the keychain: both factors are on this machine'] : []),
    ...(mfaCommand === undefined ? [] : [`codes from mfa_process (${programOf(mfaCommand)})`]),
  ]
}

function whatIs(step: DerivedStep): string {
  if (step.type === 'role') return `role ${step.roleArn}`
  return isMfaStep(step) ? `MFA session of ${step.source}` : `session of ${step.source}, without MFA`
}

function detailsOf(step: DerivedStep, stsVariable: EndpointVariable | undefined): string[] {
  const { durationSeconds, mfaSerial } = step
  const isDirect = step.type === 'role' && mfaSerial !== undefined
  const device = isDirect ? 'by the access key and a code of its own, mode = "direct": device' : 'device'
  return [
    ...(step.type === 'role' ? [`profile ${step.profile}`] : []),
    `for ${formatDuration(durationSeconds)}, from STS ${describeSts(step, stsVariable)}`,
    ...(mfaSerial === undefined ? [] : [`${device} ${mfaSerial}`]),
    ...(step.type === 'role' ? termsOf(step) : []),
  ]
}

function termsOf({ externalId, sessionName, terms = {} }: RoleStep): string[] {
  const { tags = {}, transitiveTags = [], sourceIdentity, policy, policyArns = [] } = terms
  const shownTags = Object.entries(tags).map(([key, value]) => {
    return `${key}=${value}${transitiveTags.includes(key) ? ' (transitive)' : ''}`
  })
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['external id', externalId],
    ['session name', sessionName ?? 'the name of the user'],
    ['source identity', sourceIdentity],
    ['session tags', shownTags.length === 0 ? undefined : shownTags.join(', ')],
    [
      'narrowed by',
      isEmpty({ policy, policyArns }) ? undefined : [...(policy ? ['policy'] : []), ...policyArns].join(', '),
    ],
  ]
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
}
