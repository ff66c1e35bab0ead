import { describe, expect, it } from 'vitest'
import { AwsError, type AwsErrorCode } from '../../../../src/aws/aws-error.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'
import { type DerivedStep, stepsTo } from '../../../../src/aws/plan/steps.ts'
import { adviseOnRefusal, refusedKey } from '../../../../src/aws/sts/refusal-advice.ts'
import { person, rejection, usualSettings, world } from '../../../support/aws-world.ts'

const refusal = (code: AwsErrorCode, message = 'AWS refused it') => new AwsError(code, message)

/** @param type of the step of the profile that AWS refuses */
function advice(
  code: AwsErrorCode,
  profile: string,
  type: DerivedStep['type'],
  { sessionAgeMs, message }: { sessionAgeMs?: number; message?: string } = {},
): AwsError {
  const settings = {
    ...usualSettings,
    profiles: {
      ...usualSettings.profiles,
      plain: { role: 'arn:aws:iam::123456789012:role/Plain', source: 'bare', external_id: 'ext' },
    },
    sources: { ...usualSettings.sources, bare: {} },
  }
  const { last } = planCredentials(settings, parseSharedConfig({}), profile)
  const step = stepsTo(last).findLast((candidate) => candidate.type === type) as DerivedStep
  return adviseOnRefusal(refusal(code, message), { profile, step, sessionAgeMs })
}

describe('a role that AWS denies in so many words', () => {
  it.each([
    [
      'not authorized to perform: sts:TagSession on resource: r',
      /^the trust policy .* sts:TagSession for session_tags; /,
    ],
    ['not authorized to perform: sts:SetSourceIdentity on resource: r', /^the trust policy .* sts:SetSourceIdentity/],
    ['with an explicit deny in a service control policy', /^the service control policy denies it/],
    ['with an explicit deny in an identity-based policy', /^the identity-based policy denies it/],
    [
      'because no identity-based policy allows the sts:AssumeRole action',
      /^the policy of the user or role that assumes it/,
    ],
    ['because no resource-based policy allows the sts:AssumeRole action', /^the trust policy of the role does not/],
  ])('is explained by these: %s', (message, hint) => {
    const found = advice('AWS_DENIED', 'dev', 'role', { sessionAgeMs: 7 * 3_600_000, message }).hint
    expect(found).toMatch(hint)
    expect(found).not.toContain('the MFA code is')
    expect(found).toMatch(/the way to it: latchkey aws explain dev$/)
  })
})

describe('a role that AWS denies', () => {
  it('behind an old session points at a new code', () => {
    const { message, hint } = advice('AWS_DENIED', 'dev', 'role', { sessionAgeMs: 7 * 3_600_000 })
    expect(message).toBe('profile dev: AWS refused it')
    expect(hint).toMatch(
      /^the MFA code is 7h old: .* latchkey aws login dev --before-expiry; where the role wants an external id/,
    )
    expect(hint).not.toContain('mfa enroll')
  })

  it('behind a session of some minutes too, which is too old for some roles', () => {
    const { hint } = advice('AWS_DENIED', 'dev', 'role', { sessionAgeMs: 5 * 60_000 })
    expect(hint).toMatch(/^the MFA code is 5m old: where the role wants a newer one/)
  })

  it('behind a new session does not', () => {
    expect(advice('AWS_DENIED', 'dev', 'role', { sessionAgeMs: 60_000 }).hint).not.toContain('forget')
  })

  it('without MFA points at the device, and at the external id that is set', () => {
    const { hint } = advice('AWS_DENIED', 'plain', 'role')
    expect(hint).toMatch(/^where the role wants MFA: latchkey aws mfa enroll bare; the external id may be wrong/)
  })

  it('behind another role says that it cannot prove MFA', () => {
    const { hint } = advice('AWS_DENIED', 'deep', 'role', { sessionAgeMs: 7 * 3_600_000 })
    expect(hint).toMatch(/^a role that another role assumes cannot prove MFA/)
  })

  it('is explained to the caller', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('dev', person)
    sts.addRole('arn:aws:iam::210987654321:role/Prod', { requiresMfa: true, maxMfaAgeSeconds: 3600 })
    clock.advance(2 * 3_600_000)
    const error = await rejection(aws.credentials('prod', person))
    expect(error).toMatchObject({ code: 'AWS_DENIED' })
    expect(error.hint).toContain('the MFA code is 2h old')
    await aws.forget({ profile: 'prod' })
    await aws.credentials('prod', person)
  })
})

it('a policy that denies all without MFA points at a device, where there is none', () => {
  const message = 'with an explicit deny in an identity-based policy'
  expect(advice('AWS_DENIED', 'plain', 'role', { message }).hint).toMatch(
    /^where it wants MFA: latchkey aws mfa enroll bare; else the identity-based policy denies it/,
  )
})

describe('other refusals', () => {
  it('of a duration say which setting to change', () => {
    const { message, hint } = advice('AWS_REQUEST_INVALID', 'dev', 'role', {
      message: 'The requested DurationSeconds exceeds …',
    })
    expect(message).toMatch(/^profile dev: /)
    expect(hint).toBe('set a shorter duration for the profile dev')
    expect(advice('AWS_REQUEST_INVALID', 'dev', 'session', { message: 'DurationSeconds' }).hint).toBe(
      'set a shorter duration for the session of master',
    )
  })

  it('of something else in a request name the place', () => {
    expect(advice('AWS_REQUEST_INVALID', 'dev', 'session').message).toBe('session of master: AWS refused it')
  })

  it('of the device say how to find the right one', () => {
    expect(advice('AWS_MFA_SERIAL_REFUSED', 'dev', 'session').hint).toContain('correct mfa_serial of master')
  })

  it.each(['AWS_UNREACHABLE', 'AWS_THROTTLED', 'AWS_DENIED'] as const)(
    'such as %s of a session stay as they are',
    (code) => {
      expect(advice(code, 'dev', 'session').message).toBe('AWS refused it')
    },
  )
})

it('a mistyped secret is not said to differ from a stored one: nothing may be stored', () => {
  expect(refusedKey(refusal('AWS_SIGNATURE_REFUSED'), 'master', 'AKIAIOSFODNN7EXAMPLE')).toMatchObject({
    message: 'AWS knows the access key AKIA…MPLE of master, but with a different secret',
    hint: 'latchkey aws keys add master',
  })
})

it('a refused key is shown by its ends only', () => {
  expect(refusedKey(refusal('AWS_TOKEN_UNKNOWN'), 'master', 'AKIAIOSFODNN7EXAMPLE').message).toContain(
    'AKIA…MPLE of master',
  )
})
