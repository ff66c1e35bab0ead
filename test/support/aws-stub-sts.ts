import { createHash } from 'node:crypto'
import { AwsError } from '../../src/aws/aws-error.ts'
import type { AccessKey, SessionCredentials, SigningCredentials } from '../../src/aws/credentials.ts'
import { parseIamArn } from '../../src/aws/plan/partitions.ts'
import type { StsClient } from '../../src/aws/sts/sts-client.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import { encodeBase32 } from '../../src/core/totp/base32.ts'
import { totpOfStep } from '../../src/core/totp/totp.ts'

/** A call that reached the stub. */
export interface StubCall {
  action: 'GetSessionToken' | 'AssumeRole' | 'GetCallerIdentity'
  region: string
  /** Key id that signed. */
  by: string
  roleArn?: string
  sessionName?: string
  durationSeconds?: number
  error?: string
}

export interface StubRole {
  requiresMfa?: boolean
  /** Oldest code that it takes, in seconds. */
  maxMfaAgeSeconds?: number
  externalId?: string
  maxSessionSeconds?: number
}

export interface StubSts extends StsClient {
  readonly calls: readonly StubCall[]
  /** The calls that ask for credentials: all but GetCallerIdentity, which costs nobody anything. */
  issuing(): readonly StubCall[]
  /** The actions of those. */
  actions(): string[]
  addUser(arn: string, options?: { device?: string }): AccessKey
  addRole(arn: string, role?: StubRole): void
  /** The right code of a device now, or so many 30-second steps away. */
  code(serial: string, stepsAway?: number): string
  deactivate(accessKeyId: string): void
  activate(accessKeyId: string): void
  /** Ends a session before its time, as when somebody revokes it. */
  expire(accessKeyId: string): void
  /** From now on a region knows nobody, as one that the account has not opted in to. */
  optOut(region: string): void
  /** The next credentials say that they end then, in ms since the epoch. */
  endNextAt(atMs: number): void
  /** Rejects the next call of an action before it is looked at, as a dead network does. */
  failNext(action: StubCall['action'], error: Error): void
  /** Holds the answers of an action until the returned function is called. */
  hold(action: StubCall['action']): () => void
}

interface Principal {
  arn: string
  secret: string
  kind: 'user' | 'session' | 'role'
  parentKeyId?: string
  mfaAtMs?: number
  expiresAtMs?: number
  token?: string
}

const stepMs = 30_000

/** The seed of a device, in base32. */
export const seedOf = (serial: string) => encodeBase32(createHash('sha1').update(serial).digest())

/** An STS that keeps to the rules of the real one as far as this room relies on them: it refuses what STS refuses. */
export function stubSts(clock: Clock): StubSts {
  const calls: StubCall[] = []
  const principals = new Map<string, Principal>()
  const devices = new Map<string, { owner: string; acceptedStep: number }>()
  const roles = new Map<string, StubRole>()
  const inactive = new Set<string>()
  const optedOut = new Set<string>()
  const faults: { action: string; error: Error }[] = []
  const held = new Map<string, Promise<void>>()
  let issued = 0
  const statedEnds: number[] = []

  const issuing = () => calls.filter(({ action }) => action !== 'GetCallerIdentity')

  const codeAt = (serial: string, step: number) => totpOfStep(seedOf(serial), step)
  const presentStep = () => Math.floor(clock.now() / stepMs)

  const authenticate = (credentials: SigningCredentials, region: string): Principal => {
    if (optedOut.has(region)) throw refusal('AWS_TOKEN_UNKNOWN')
    const principal = principals.get(credentials.accessKeyId)
    const token = 'sessionToken' in credentials ? credentials.sessionToken.expose() : undefined
    if (principal === undefined || token !== principal.token) throw refusal('AWS_TOKEN_UNKNOWN')
    if (inactive.has(credentials.accessKeyId) || inactive.has(principal.parentKeyId ?? '')) {
      throw refusal('AWS_TOKEN_UNKNOWN')
    }
    if (credentials.secretAccessKey.expose() !== principal.secret) throw refusal('AWS_SIGNATURE_REFUSED')
    if (principal.expiresAtMs !== undefined && principal.expiresAtMs <= clock.now()) throw refusal('AWS_TOKEN_EXPIRED')
    return principal
  }

  const issue = (principal: Omit<Principal, 'secret' | 'token'>): SessionCredentials => {
    issued += 1
    const accessKeyId = `ASIASTUB${String(issued).padStart(12, '0')}`
    const whole: Principal = { ...principal, secret: `stub-secret-${issued}`, token: `stub-token-${issued}` }
    principals.set(accessKeyId, whole)
    return {
      accessKeyId,
      secretAccessKey: new Secret(whole.secret),
      sessionToken: new Secret(whole.token!),
      expiresAtMs: statedEnds.shift() ?? principal.expiresAtMs!,
    }
  }

  const takeCode = (serial: string, code: string, owner: string) => {
    const device = devices.get(serial)
    if (device === undefined || device.owner !== owner) throw refusal('AWS_MFA_SERIAL_REFUSED')
    const step = [-1, 0, 1].map((away) => presentStep() + away).find((candidate) => codeAt(serial, candidate) === code)
    if (step === undefined || step <= device.acceptedStep) throw refusal('AWS_MFA_CODE_REFUSED')
    device.acceptedStep = step
  }

  const invalid = (text: string) => new AwsError('AWS_REQUEST_INVALID', `AWS refused it: ${text}`)

  const answer = async <T>(call: StubCall, work: () => T): Promise<T> => {
    const fault = faults.findIndex(({ action }) => action === call.action)
    if (fault !== -1) throw faults.splice(fault, 1)[0]!.error
    calls.push(call)
    await held.get(call.action)
    try {
      return work()
    } catch (error) {
      if (error instanceof AwsError) call.error = error.code
      throw error
    }
  }

  return {
    clockSkewMs: () => 0,
    calls,
    issuing,
    actions: () => issuing().map(({ action }) => action),
    addUser(arn, { device } = {}) {
      const accessKeyId = `AKIASTUB${String(principals.size).padStart(12, '0')}`
      const secret = `long-term-secret-${principals.size}`
      principals.set(accessKeyId, { arn, secret, kind: 'user' })
      if (device !== undefined) devices.set(device, { owner: arn, acceptedStep: 0 })
      return { accessKeyId, secretAccessKey: new Secret(secret) }
    },
    addRole: (arn, role = {}) => void roles.set(arn, role),
    code: (serial, stepsAway = 0) => codeAt(serial, presentStep() + stepsAway),
    deactivate: (accessKeyId) => void inactive.add(accessKeyId),
    activate: (accessKeyId) => void inactive.delete(accessKeyId),
    expire(accessKeyId) {
      principals.get(accessKeyId)!.expiresAtMs = clock.now()
    },
    optOut: (region) => void optedOut.add(region),
    endNextAt: (atMs) => void statedEnds.push(atMs),
    failNext: (action, error) => void faults.push({ action, error }),
    hold(action) {
      let release!: () => void
      held.set(action, new Promise((resolve) => (release = resolve)))
      return release
    },
    getSessionToken: ({ credentials, region, durationSeconds, mfa }) =>
      answer({ action: 'GetSessionToken', region, by: credentials.accessKeyId, durationSeconds }, () => {
        const user = authenticate(credentials, region)
        if (user.kind !== 'user') throw refusal('AWS_DENIED')
        if (durationSeconds < 900 || durationSeconds > 129_600) throw invalid('DurationSeconds')
        if (mfa !== undefined) takeCode(mfa.serial, mfa.code.expose(), user.arn)
        return issue({
          arn: user.arn,
          kind: 'session',
          parentKeyId: credentials.accessKeyId,
          expiresAtMs: clock.now() + durationSeconds * 1000,
          ...(mfa === undefined ? {} : { mfaAtMs: clock.now() }),
        })
      }),
    assumeRole({ credentials, region, roleArn, sessionName, durationSeconds, externalId, mfa }) {
      const call: StubCall = {
        action: 'AssumeRole',
        region,
        by: credentials.accessKeyId,
        roleArn,
        sessionName,
        durationSeconds,
      }
      return answer(call, () => {
        const caller = authenticate(credentials, region)
        const role = roles.get(roleArn)
        if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) throw invalid('RoleSessionName')
        if (mfa !== undefined) takeCode(mfa.serial, mfa.code.expose(), caller.kind === 'user' ? caller.arn : '')
        if (role === undefined) throw refusal('AWS_DENIED')
        if (role.requiresMfa && mfa === undefined && caller.mfaAtMs === undefined) throw refusal('AWS_DENIED')
        const ageSeconds = mfa === undefined ? (clock.now() - (caller.mfaAtMs ?? 0)) / 1000 : 0
        if (role.maxMfaAgeSeconds !== undefined && ageSeconds > role.maxMfaAgeSeconds) throw refusal('AWS_DENIED')
        if (role.externalId !== externalId) throw refusal('AWS_DENIED')
        if (caller.kind !== 'user' && durationSeconds > 3600) {
          throw invalid(
            'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
          )
        }
        if (durationSeconds < 900 || durationSeconds > (role.maxSessionSeconds ?? 3600)) {
          throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
        }
        const arn = `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`
        return issue({ arn, kind: 'role', expiresAtMs: clock.now() + durationSeconds * 1000 })
      })
    },
    getCallerIdentity: ({ credentials, region }) =>
      answer({ action: 'GetCallerIdentity', region, by: credentials.accessKeyId }, () => {
        const { arn } = authenticate(credentials, region)
        return { accountId: parseIamArn(arn)!.accountId, arn, region }
      }),
  }
}

function refusal(code: ConstructorParameters<typeof AwsError>[0]): AwsError {
  return new AwsError(code, `the stub refused: ${code}`)
}
