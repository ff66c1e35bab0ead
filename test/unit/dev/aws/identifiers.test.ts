import { describe, expect, it } from 'vitest'
import {
  iamArn,
  newAccessKeyId,
  newSecretAccessKey,
  newUniqueId,
  parseIamArn,
} from '../../../../src/dev/aws/identifiers.ts'

describe('an access key id', () => {
  it('holds its account where AWS has it', () => {
    // ASIAQNZGKIQY56JQ7WML is a key of account 029608264753: a pair that is published with the decoding of key ids.
    expect(newAccessKeyId('ASIA', '029608264753')).toMatch(/^ASIAQNZGKIQY[Q-Z2-7][A-Z2-7]{7}$/)
  })

  it.each(['000000000000', '111122223333', '999999999999'])(
    'of account %s has 20 characters and is random',
    (account) => {
      const id = newAccessKeyId('AKIA', account)
      expect(id).toMatch(/^AKIA[A-Z2-7]{16}$/)
      expect(newAccessKeyId('AKIA', account)).not.toBe(id)
    },
  )
})

it('makes unique ids and secrets of the length and alphabet of AWS', () => {
  expect(newUniqueId('AROA')).toMatch(/^AROA[A-Z2-7]{17}$/)
  expect(newSecretAccessKey()).toMatch(/^[A-Za-z0-9+/]{40}$/)
  expect(newSecretAccessKey()).not.toBe(newSecretAccessKey())
})

describe('an IAM ARN', () => {
  it('is read as it is written', () => {
    const parts = { account: '111122223333', kind: 'role', name: 'a+b=c,d.e@f-g_h' } as const
    expect(parseIamArn(iamArn(parts.account, parts.kind, parts.name))).toEqual(parts)
  })

  it.each([
    'arn:aws:iam::11112222333:user/jo',
    'arn:aws-cn:iam::111122223333:user/jo',
    'arn:aws:sts::111122223333:assumed-role/a/b',
    'arn:aws:iam::111122223333:group/jo',
    'arn:aws:iam::111122223333:user/path/jo',
    'arn:aws:iam::111122223333:user/',
    `arn:aws:iam::111122223333:user/${'x'.repeat(65)}`,
    'arn:aws:iam::111122223333:user/jo\n',
    'jo',
  ])('%j is none', (text) => {
    expect(parseIamArn(text)).toBeUndefined()
  })
})
