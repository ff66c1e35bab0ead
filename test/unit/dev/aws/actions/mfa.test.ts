import { beforeEach, describe, expect, it } from 'vitest'
import { addUser, startDevAws, type TestAws, type TestUser, withCode } from '../../../../support/dev-aws.ts'

const period = 30_000
const wrongCode = {
  status: 403,
  code: 'AccessDenied',
  message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
}

let aws: TestAws
let user: TestUser
let saved: string[]

beforeEach(async () => {
  saved = []
  const save = (text: string) => {
    saved.push(text)
  }
  aws = await startDevAws({ state: { load: () => undefined, save } })
  user = await addUser(aws)
})

const getSession = (fields: Record<string, string>) => aws.call(user, { Action: 'GetSessionToken', ...fields })
const withCodeOf = (atMs: number) => getSession({ SerialNumber: user.mfaSerial, TokenCode: user.code(atMs) })

describe('a code', () => {
  it('is taken in its own period, and in the one before and after', async () => {
    expect((await withCodeOf(aws.clock.now() - period)).status).toBe(200)
    expect((await withCodeOf(aws.clock.now())).status).toBe(200)
    expect((await withCodeOf(aws.clock.now() + period)).status).toBe(200)
  })

  it('is wrong two periods away', async () => {
    expect(await withCodeOf(aws.clock.now() - 2 * period)).toMatchObject(wrongCode)
    expect(await withCodeOf(aws.clock.now() + 2 * period)).toMatchObject(wrongCode)
  })

  it('is taken once; again it reads as a wrong one', async () => {
    expect((await getSession(withCode(user))).status).toBe(200)
    expect(await getSession(withCode(user))).toMatchObject(wrongCode)
    aws.clock.advance(period)
    expect((await getSession(withCode(user))).status).toBe(200)
  })

  it('is spent by a later one', async () => {
    expect((await withCodeOf(aws.clock.now() + period)).status).toBe(200)
    expect(await withCodeOf(aws.clock.now())).toMatchObject(wrongCode)
  })

  it('is taken once of two calls at the same time', async () => {
    const replies = await Promise.all([getSession(withCode(user)), getSession(withCode(user))])
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 403)).toHaveLength(1)
  })

  it('is spent over a restart', async () => {
    await getSession(withCode(user))
    const state = { load: () => saved.at(-1), save: () => {} }
    const again = await startDevAws({ state, clock: aws.clock })
    const reply = await again.call(user, { Action: 'GetSessionToken', ...withCode(user) })
    expect(reply).toMatchObject(wrongCode)
  })

  it('of another device is wrong', async () => {
    const other = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other' })
    expect(await getSession({ SerialNumber: user.mfaSerial, TokenCode: other.code() })).toMatchObject(wrongCode)
  })

  it.each([
    ['12345', 'Member must have length greater than or equal to 6'],
    ['1234567', 'Member must have length less than or equal to 6'],
    ['12345x', 'Member must satisfy regular expression pattern: [\\d]*'],
  ])('is six digits, not %s', async (TokenCode, message) => {
    const reply = await getSession({ SerialNumber: user.mfaSerial, TokenCode })
    expect(reply).toMatchObject({ status: 400, code: 'ValidationError', message: expect.stringContaining(message) })
  })
})

describe('a serial number', () => {
  const wrongSerial = {
    status: 403,
    code: 'AccessDenied',
    message:
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  }

  it('that nobody or somebody else has does not spend the code', async () => {
    const other = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other' })
    for (const SerialNumber of ['arn:aws:iam::111122223333:mfa/none', other.mfaSerial]) {
      expect(await getSession({ SerialNumber, TokenCode: user.code() })).toMatchObject(wrongSerial)
    }
    expect((await getSession(withCode(user))).status).toBe(200)
  })

  it('of a device that was taken away is nobody’s', async () => {
    await aws.removeMfaDevice(user.mfaSerial)
    expect(await getSession(withCode(user))).toMatchObject(wrongSerial)
  })

  it('and a code come together', async () => {
    const incomplete = {
      status: 403,
      code: 'AccessDenied',
      message: 'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    }
    expect(await getSession({ SerialNumber: user.mfaSerial })).toMatchObject(incomplete)
    expect(await getSession({ TokenCode: user.code() })).toMatchObject(incomplete)
  })
})
