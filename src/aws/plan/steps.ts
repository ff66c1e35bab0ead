import { createHash } from 'node:crypto'
import type { RoleTerms } from './role-terms.ts'
import type { StsEndpoint } from './sts-endpoint.ts'

/** The long-term key of a source, in the keychain: the first step of every plan. */
export interface KeyStep {
  type: 'key'
  source: string
}

/** What every step has that AWS makes from another one. */
interface Derived<Parent> {
  /** The step whose credentials sign the request. */
  parent: Parent
  /**
   * The name under which the credentials of the step are held: its source, and a hash of all inputs to it and to the
   * steps before it. An edited role never finds the credentials of the old one.
   */
  cacheKey: string
  source: string
  durationSeconds: number
  region: string
  /** Absent: the usual one of the region. */
  endpoint?: StsEndpoint
  /** The server in the place of AWS that issues the credentials; absent: AWS. */
  issuer?: string
}

/** GetSessionToken. */
export interface SessionStep extends Derived<KeyStep> {
  type: 'session'
  /** Absent: the session proves no second factor, and nobody is asked for it. */
  mfaSerial?: string
  partition: string
}

/** AssumeRole. */
export interface RoleStep extends Derived<KeyStep | SessionStep | RoleStep> {
  type: 'role'
  /** The profile that names the role. */
  profile: string
  roleArn: string
  accountId: string
  externalId?: string
  /** Absent: the person's name is used, which is the same each time. */
  sessionName?: string
  terms?: RoleTerms
  /** Present: the long-term key assumes it with a code (`mode = "direct"`), so that AWS does not count it as chained. */
  mfaSerial?: string
}

/** A step that STS makes from its parent. */
export type DerivedStep = SessionStep | RoleStep

/** A step that takes a code: only a person can begin it, and what it yields is kept until it ends. */
export type MfaStep = DerivedStep & { mfaSerial: string }

/** A part of the way to a profile's credentials. */
export type Step = KeyStep | DerivedStep

/** A step before it is linked: its key follows from it and from its parent. */
type Unlinked<S extends DerivedStep> = Omit<S, 'cacheKey' | 'source'>

/** A session that is made with its parent, the key of a source. */
export function sessionStep(step: Unlinked<SessionStep>): SessionStep {
  return { ...step, source: step.parent.source, cacheKey: cacheKeyOf(step) }
}

/** A role that its parent assumes. */
export function roleStep(step: Unlinked<RoleStep>): RoleStep {
  return { ...step, source: step.parent.source, cacheKey: cacheKeyOf(step) }
}

/** True for a step that only a person can begin. */
export function isMfaStep(step: Step): step is MfaStep {
  return step.type !== 'key' && step.mfaSerial !== undefined
}

/** The step and all before it, the long-term key first. */
export function stepsTo<S extends Step>(step: S): Step[] {
  return step.type === 'key' ? [step] : [...stepsTo(step.parent), step]
}

/** The step with a code that a step is, or is made from; undefined where no person is needed. */
export function mfaStepOf(step: Step): MfaStep | undefined {
  return stepsTo(step).find(isMfaStep)
}

/** How every `cacheKey` of a source begins. */
export function sourcePrefix(source: string): string {
  return `${encodeURIComponent(source)}/`
}

function cacheKeyOf(step: Unlinked<SessionStep> | Unlinked<RoleStep>): string {
  const inputs = [...stepsTo(step.parent), step].map(inputsOf)
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32)
  return `${sourcePrefix(step.parent.source)}${hash}`
}

/**
 * What the credentials of a step depend on. The endpoint is left out, because it changes nothing about the answer, be it of
 * another region, FIPS or IPv6; another server in the place of AWS does. Left out is the session name where nobody set one.
 * Stored sessions are found by the hash of this: a change of it costs everyone a code.
 */
function inputsOf(step: KeyStep | Unlinked<SessionStep> | Unlinked<RoleStep>): readonly unknown[] {
  switch (step.type) {
    case 'key':
      return ['key', step.source]
    case 'session': {
      const { mfaSerial = null, durationSeconds, partition } = step
      return ['session', step.parent.source, mfaSerial, durationSeconds, partition, ...elsewhere(step)]
    }
    case 'role': {
      const { roleArn, externalId = null, sessionName = null, durationSeconds, terms, mfaSerial = null } = step
      const plain = ['role', roleArn, externalId, sessionName, durationSeconds]
      // Nothing is added for what nobody asked for: the key is the one that it was before there was any of it.
      if (terms === undefined && mfaSerial === null) return [...plain, ...elsewhere(step)]
      return [...plain, terms === undefined ? null : termInputs(terms), mfaSerial, ...elsewhere(step)]
    }
  }
}

function elsewhere({ issuer }: { issuer?: string }): readonly unknown[] {
  return issuer === undefined ? [] : [{ url: issuer }]
}

/** In one order, whatever that of the file is: AWS makes no difference. */
function termInputs({ tags = {}, transitiveTags = [], sourceIdentity, policy, policyArns = [] }: RoleTerms) {
  return [
    Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1)),
    [...transitiveTags].sort(),
    sourceIdentity ?? null,
    policy ?? null,
    [...policyArns].sort(),
  ]
}
