import { describe, expect, it } from 'vitest'
import { chainMistake, isEmpty, type RoleTerms, termMistake } from '../../../../src/aws/plan/role-terms.ts'

const policy = '{"Version":"2012-10-17","Statement":[]}'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const tagsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))
const arnsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `arn:aws:iam::123456789012:policy/p${index}`)

describe('the terms of a role', () => {
  it.each<[string, RoleTerms]>([
    ['none', {}],
    ['50 tags, the longest', { tags: { ...tagsOf(49), ['k'.repeat(128)]: 'v'.repeat(256) } }],
    ['a tag without a value, and one of other letters', { tags: { team: '', 'Größe und +-=._:/@': 'Übung 1' } }],
    ['a transitive tag', { tags: { team: 'ops' }, transitiveTags: ['team'] }],
    ['a source identity of 2 and of 64', { sourceIdentity: 'jo' }],
    ['a source identity of 64', { sourceIdentity: 'j'.repeat(64) }],
    ['a policy and 10 managed ones', { policy, policyArns: [...arnsOf(9), readOnly] }],
    ['a policy of 2048 characters', { policy: policy + ' '.repeat(2048 - policy.length) }],
  ])('may be %s', (_, terms) => {
    expect(termMistake(terms)).toBeUndefined()
  })

  it.each<[string, RoleTerms, string, RegExp]>([
    ['51 tags', { tags: tagsOf(51) }, 'session_tags', /more than 50 tags/],
    ['a key of 129', { tags: { ['k'.repeat(129)]: 'v' } }, 'session_tags', /^a key that is not 1 to 128/],
    ['an empty key', { tags: { '': 'v' } }, 'session_tags', /^a key that is not/],
    ['a key of AWS', { tags: { 'AWS:x': 'v' } }, 'session_tags', /begins with aws:/],
    ['a value of 257', { tags: { k: 'v'.repeat(257) } }, 'session_tags', /^a value that is not at most 256/],
    ['a value with a comma', { tags: { k: 'a,b' } }, 'session_tags', /^a value/],
    ['one key twice', { tags: { Team: 'a', team: 'b' } }, 'session_tags', /other capitals/],
    ['a transitive tag that is none', { transitiveTags: ['team'] }, 'transitive_session_tags', /^team, which is not/],
    ['a source identity of 1', { sourceIdentity: 'j' }, 'source_identity', /^not 2 to 64/],
    ['a source identity of 65', { sourceIdentity: 'j'.repeat(65) }, 'source_identity', /^not 2 to 64/],
    ['a source identity with a blank', { sourceIdentity: 'jo x' }, 'source_identity', /^not 2 to 64/],
    ['a source identity of AWS', { sourceIdentity: 'aws:jo' }, 'source_identity', /^not 2 to 64/],
    ['11 policies', { policyArns: arnsOf(11) }, 'policy_arns', /more than 10/],
    ['a policy of a role', { policyArns: ['arn:aws:iam::123456789012:role/R'] }, 'policy_arns', /managed policy/],
    ['a policy that is no JSON', { policy: '{' }, 'policy', /not a policy in JSON/],
    ['a policy that is a list', { policy: '[]' }, 'policy', /not a policy in JSON/],
    ['a policy with a letter that AWS does not take', { policy: '{"a":"ł"}' }, 'policy', /U\+00FF/],
    ['a long policy', { policy: policy + ' '.repeat(2010) }, 'policy', /^2049 characters .* AWS takes 2048/],
    [
      'long ARNs',
      { policyArns: [`${readOnly}${'x'.repeat(1000)}`, `${readOnly}${'y'.repeat(1000)}`] },
      'policy_arns',
      /AWS takes 2048/,
    ],
  ])('may not be %s', (_, terms, field, says) => {
    expect(termMistake(terms)).toMatchObject({ field, says: expect.stringMatching(says) })
  })

  it('are empty without a value, and where a list has none', () => {
    expect(isEmpty({ tags: undefined, policyArns: [], transitiveTags: undefined })).toBe(true)
    expect(isEmpty({ tags: {} })).toBe(true)
    expect(isEmpty({ tags: { k: '' } })).toBe(false)
  })
})

describe('a role behind others', () => {
  it('keeps their source identity, or names none', () => {
    const before = [{ sourceIdentity: 'jo' }, {}]
    expect(chainMistake({}, before)).toBeUndefined()
    expect(chainMistake({ sourceIdentity: 'jo' }, before)).toBeUndefined()
    expect(chainMistake({ sourceIdentity: 'x1' }, before)).toMatchObject({
      field: 'source_identity',
      says: expect.stringContaining('not jo'),
    })
    expect(chainMistake({ sourceIdentity: 'x1' }, [{}])).toBeUndefined()
  })

  it('has no tag that is transitive there, whatever its capitals', () => {
    const before = [{ tags: { Team: 'ops', env: 'x' }, transitiveTags: ['Team'] }]
    expect(chainMistake({ tags: { team: 'ops' } }, before)).toMatchObject({ field: 'session_tags', key: 'team' })
    expect(chainMistake({ tags: { env: 'y' } }, before)).toBeUndefined()
  })
})
