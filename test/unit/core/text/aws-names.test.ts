import { expect, it } from 'vitest'
import { isInstanceId, isRegionName } from '../../../../src/core/text/aws-names.ts'

it.each(['eu-central-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'ap-southeast-10'])(
  'takes %s for a region',
  (text) => expect(isRegionName(text)).toBe(true),
)

it.each(['', 'eu', 'EU-central-1', 'eu-central-1.example.com', 'example.com/', 'eu-central-1\n', 'a@b-c-1'])(
  'does not take %j for one',
  (text) => expect(isRegionName(text)).toBe(false),
)

it('takes old and new ids for those of machines, and nothing else', () => {
  const texts = ['i-0123abcd', 'i-0123456789abcdef0', 'i-0123', 'i-0123ABCD', 'web', 'i-0123abcd\n', ' i-0123abcd']
  expect(texts.filter(isInstanceId)).toEqual(texts.slice(0, 2))
})
