import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { openSession, type Session, sealSession } from '../../../../../src/dev/aws/caller/session-token.ts'

const key = randomBytes(32)
const session: Session = {
  type: 'user',
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'the/secret+key',
  expiresAtMs: 1_767_323_045_000,
  mfaAtMs: 1_767_319_445_000,
  parentKeyId: 'AKIAEXAMPLE',
}

it('gives back what was sealed, with the same key only', () => {
  const token = sealSession(session, key)
  expect(openSession(token, key)).toEqual(session)
  expect(openSession(token, randomBytes(32))).toBeUndefined()
})

it('keeps a role session with and without its optional parts', () => {
  const role = { type: 'role', roleArn: 'arn', roleId: 'AROA', sessionName: 'jo', accessKeyId: 'a' } as const
  const whole: Session = { ...role, secretAccessKey: 's', expiresAtMs: 1, mfaAtMs: 2, sourceIdentity: 'jo' }
  const bare: Session = { ...role, secretAccessKey: 's', expiresAtMs: 1, mfaAtMs: undefined, sourceIdentity: undefined }
  expect(openSession(sealSession(whole, key), key)).toEqual(whole)
  expect(openSession(sealSession(bare, key), key)).toMatchObject({ sessionName: 'jo' })
})

it('is never the same twice and shows nothing of the session', () => {
  const token = sealSession(session, key)
  expect(sealSession(session, key)).not.toBe(token)
  const bytes = Buffer.from(token, 'base64').toString('latin1')
  expect(bytes).not.toContain('ASIAEXAMPLE')
  expect(bytes).not.toContain('secret')
})

it('opens nothing that was changed at any byte', () => {
  const bytes = Buffer.from(sealSession(session, key), 'base64')
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes)
    changed[index]! ^= 1
    expect(openSession(changed.toString('base64'), key)).toBeUndefined()
  }
})

it.each([
  ['empty', () => ''],
  ['short', () => Buffer.alloc(28).toString('base64')],
  ['truncated', (token: string) => token.slice(0, -8)],
  ['in another spelling', (token: string) => `${token}=`],
  ['with white space', (token: string) => ` ${token}`],
  ['no base64', () => '<token>'],
])('opens nothing that is %s', (_, change) => {
  expect(openSession(change(sealSession(session, key)), key)).toBeUndefined()
})
