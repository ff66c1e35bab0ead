import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PromptCaller, Prompts } from '../../prompts/prompt.ts'
import { createSharedLogin, type SharedLogin } from '../../prompts/shared-login.ts'
import { AwsError } from '../aws-error.ts'
import type { CodeSource } from '../codes/code-source.ts'
import { type CodeSources, mfaTopic } from '../codes/code-sources.ts'
import { type AccessKey, asKept } from '../credentials.ts'
import type { KeyChecks } from '../keys/key-checks.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { MfaStep } from '../plan/steps.ts'
import { atEndpoint } from '../sts/at-endpoint.ts'
import type { CallerIdentities } from '../sts/caller-identity.ts'
import { isCredentialRefusal } from '../sts/known-caller.ts'
import { adviseOnRefusal, otherDeviceHint } from '../sts/refusal-advice.ts'
import type { CallerIdentity, StsClient } from '../sts/sts-client.ts'
import { forgottenMeanwhile } from './forget-watch.ts'
import { issueWithCode, purposeOf, type ReadyStep } from './issue-with-code.ts'
import { loginCommand } from './login-command.ts'
import { createMfaDialogue } from './mfa-dialogue.ts'
import type { SessionCache } from './session-cache.ts'
import type { MfaSession } from './session-item.ts'

/** With less than this left, in ms, a person is asked for a new session where possible; until then nobody is bothered. */
export const askAgainMs = 5 * 60_000

/** Whether a session is held that lasts for a while, and that did not begin before `sinceMs`. */
export function isEnough(session: MfaSession | undefined, sinceMs: number, nowMs: number): session is MfaSession {
  if (session === undefined || session.issuedAtMs < sinceMs) return false
  return session.credentials.expiresAtMs - nowMs > askAgainMs
}

/** Begins MFA sessions: one question and one GetSessionToken for all who wait for the same session. */
export interface SessionLogin {
  /**
   * Resolves when the cache holds a session that is good for a while. Anyone who waits for a code of the device may be
   * given the question. The login goes on when this caller has gone; its failure is kept a while for a caller that left.
   * @param sinceMs a session that began before this is not enough, however long it lasts; ms since the epoch
   * @throws {AwsError} {PromptError} {KeychainError}
   */
  begin(plan: CredentialPlan, step: MfaStep, caller: PromptCaller, sinceMs?: number): Promise<void>
  /**
   * Begins one with the codes of this source alone, whatever session is held.
   * @returns when it ends, in ms since the epoch
   * @throws as `begin`; {AwsError} AWS_MFA_NEEDED: AWS refused the codes, or there were none
   */
  prove(plan: CredentialPlan, step: MfaStep, source: CodeSource): Promise<number>
  /**
   * The same with one code that was asked for elsewhere.
   * @throws as `begin`; {AwsError} AWS_MFA_CODE_REFUSED: also for a code that AWS is known to have seen
   */
  proveWith(plan: CredentialPlan, step: MfaStep, code: Secret<string>): Promise<number>
  /** Notes a code that AWS has accepted for something else than a session. */
  noteAccepted(serial: string, code: Secret<string>): void
  /** Whether one can probably be begun without a person, for a caller who may not ask any. */
  needsNobody(step: MfaStep): Promise<boolean>
  /**
   * Gives up the logins of a source, or all: their questions are withdrawn, their results are not kept, and those who
   * wait for them get AWS_FORGOTTEN.
   */
  abandon(source?: string): void
}

/** What a login asks, and where its session goes. */
export interface SessionLoginDeps {
  keys: LongTermKeys
  checks: KeyChecks
  sessions: SessionCache
  identities: CallerIdentities
  codes: CodeSources
  sts: () => Promise<StsClient>
  prompts: Prompts
  clock: Clock
  log: Logger
}

/** Who gives the code, and whether a session that is held will do. */
interface LoginTerms {
  sinceMs: number
  mayAsk: boolean
  /** No other source of codes. */
  only?: CodeSource
  /** The code itself, which is tried once. */
  given?: Secret<string>
}

/** Owns the logins that are under way, one for each session. */
export function createSessionLogin(deps: SessionLoginDeps): SessionLogin {
  const { keys, checks, sessions, identities, codes, sts, prompts, clock, log } = deps
  /** As the last client of STS knows it: codes go by the right time, whatever this machine's is. */
  let skewMs = () => 0
  const dialogue = createMfaDialogue({ prompts, clock, awsNow: () => clock.now() + skewMs(), log })
  const logins = new Map<string, { source: string; shared: SharedLogin<number> }>()

  const sharedLogin = (step: MfaStep, key: string): SharedLogin<number> => {
    const topic = mfaTopic(step.mfaSerial)
    // A caller that comes back finds its session in the cache.
    const present = logins.get(key)
    if (present !== undefined) return present.shared
    const shared = createSharedLogin<number>({ prompts, topic, clock, keepsSuccess: false })
    logins.set(key, { source: step.source, shared })
    return shared
  }

  const makeReady = async (step: MfaStep, credentials: AccessKey, region: string): Promise<ReadyStep> => {
    if (step.type === 'session') return step
    const { source, mfaSerial, endpoint } = step
    const sessionName =
      step.sessionName ?? (await identities.nameOf({ source, mfaSerial, region, endpoint, credentials }))
    return { ...step, sessionName }
  }

  const login = async (
    plan: CredentialPlan,
    step: MfaStep,
    { sinceMs, mayAsk, only, given }: LoginTerms,
    signal: AbortSignal,
  ): Promise<number> => {
    // Someone else's flight may have landed between this caller's look at the cache and now.
    const present = await sessions.find(step)
    if (isEnough(present, sinceMs, clock.now())) return present.credentials.expiresAtMs
    // All of this can fail or take a while, so it comes before the question, not between the code and its use.
    const key = await keys.read(step.source)
    const client = atEndpoint(await sts(), step.endpoint)
    skewMs = client.clockSkewMs
    const caller = await checks.check(step.source, key, step.region, step.endpoint)
    identities.learn(step.source, step.endpoint, caller)
    refuseForeignDevice(step, caller)
    const ready = await makeReady(step, key, caller.region)
    try {
      const use = (code: Secret<string>) => issueWithCode(client, ready, { key, code, region: caller.region })
      const credentials =
        given === undefined
          ? await dialogue.withCode(step.mfaSerial, use, {
              sources: only === undefined ? await codes.of(plan, step, mayAsk) : [only],
              mayAsk,
              purpose: purposeOf(step),
              remedy: loginCommand(plan.profile),
              signal,
            })
          : await dialogue.withGiven(step.mfaSerial, use, given)
      signal.throwIfAborted()
      const session = asKept(credentials, { durationSeconds: step.durationSeconds, nowMs: clock.now() })
      const role = step.type === 'role' ? step.roleArn : undefined
      log.info('an MFA session has begun', { source: step.source, device: step.mfaSerial, role })
      await sessions.put(step, session, caller.region)
      return session.expiresAtMs
    } catch (error) {
      // The key may have died since AWS was asked about it.
      if (isCredentialRefusal(error)) await checks.ask(step.source, key, step.region, step.endpoint)
      throw error instanceof AwsError ? adviseOnRefusal(error, { profile: plan.profile, step }) : error
    }
  }

  // No session that is held is a proof.
  const prove = (plan: CredentialPlan, step: MfaStep, by: Pick<LoginTerms, 'only' | 'given'>) => {
    const terms = { sinceMs: Number.POSITIVE_INFINITY, mayAsk: false, ...by }
    const alone = { mayPrompt: false }
    return sharedLogin(step, `${step.cacheKey}/proof`).run(alone, (signal) => login(plan, step, terms, signal))
  }

  return {
    async begin(plan, step, caller, sinceMs = 0) {
      const terms = { sinceMs, mayAsk: caller.mayPrompt }
      await sharedLogin(step, step.cacheKey).run(caller, (signal) => login(plan, step, terms, signal))
    },
    prove: (plan, step, only) => prove(plan, step, { only }),
    proveWith: (plan, step, given) => prove(plan, step, { given }),
    noteAccepted: (serial, code) => dialogue.noteAccepted(serial, code),
    needsNobody: codes.needNobody,
    abandon(source) {
      for (const login of logins.values()) {
        if (source === undefined || login.source === source) login.shared.abandon(forgottenMeanwhile(login.source))
      }
    },
  }
}

/** A device belongs to a user, and a user to an account: a code from another account's device would be given in vain. */
function refuseForeignDevice({ mfaSerial, source }: MfaStep, { accountId, arn }: CallerIdentity): void {
  const device = parseIamArn(mfaSerial)
  if (device === undefined || device.accountId === accountId) return
  const message = `the key of ${source} belongs to ${arn}, but its MFA device ${mfaSerial} belongs to another account`
  throw new AwsError('AWS_MFA_SERIAL_REFUSED', message, { hint: otherDeviceHint(source) })
}
