import { describe, expect, it } from 'vitest'
import { createAcl, rootAcl } from '../../../../../src/dev/vault/policy/acl.ts'
import { toPathRule } from '../../../../../src/dev/vault/policy/policy-rules.ts'
import { capabilitiesOf, patterns } from '../../../../doubles/vault/policy/full-policies.ts'
import { reaches } from '../../../../doubles/vault/policy/reach.ts'

type Rule = readonly [string, ...string[]]

const toRules = (rules: readonly Rule[]) =>
  rules.map(([path, ...capabilities]) => toPathRule({ path, values: new Map([['capabilities', capabilities]]) }))
const aclOf = (...rules: readonly Rule[]) => createAcl(toRules(rules), patterns)

describe('an access control list', () => {
  it('allows what a rule for the very path grants, and nothing else', () => {
    const acl = aclOf(['ssh/sign/ops', 'update'])
    expect(acl.allows('ssh/sign/ops', 'update')).toBe(true)
    expect(acl.allows('ssh/sign/ops', 'read')).toBe(false)
    expect(acl.allows('ssh/sign/opsx', 'update')).toBe(false)
  })

  it('unites the rules for one path, and a deny among them wins', () => {
    expect(capabilitiesOf(aclOf(['a', 'read'], ['a', 'update']), 'a')).toEqual(['read', 'update'])
    const denied = aclOf(['a', 'read', 'sudo'], ['a', 'deny'])
    expect(capabilitiesOf(denied, 'a')).toEqual(['deny'])
    expect(denied.allows('a', 'read')).toBe(false)
    expect(denied.hasSudo('a')).toBe(false)
  })

  it.each([
    ['secret/*', 'secret/a/b', true],
    ['secret/*', 'secret/', true],
    ['secret*', 'secrets/a', true],
    ['*', 'anything', true],
    ['secret/+/b', 'secret/a/b', true],
    ['secret/+/b', 'secret/a/c', false],
    ['secret/+/b', 'secret/a/b/c', false],
    ['+/a*', 'x/abc/d', true],
    ['+/a*', 'x', false],
  ])('%s covers %s: %s', (pattern, path, covers) => {
    expect(aclOf([pattern, 'read']).allows(path, 'read')).toBe(covers)
  })

  it.each([
    ['an exact path before a pattern', 'a/b', 'a/*'],
    ['a later wildcard before an earlier one', 'a/b/+', 'a/+/c'],
    ['a plus before a prefix', 'a/+', 'a/*'],
    ['fewer plusses before more', 'a/+/c', 'a/+/+'],
    ['a longer prefix before a shorter one', 'a/b/*', 'a/*'],
  ])('takes %s', (_title, winner, loser) => {
    const path = { 'a/b': 'a/b', 'a/b/+': 'a/b/c', 'a/+': 'a/b', 'a/+/c': 'a/b/c', 'a/b/*': 'a/b/c' }[winner]!
    expect(capabilitiesOf(aclOf([loser, 'read'], [winner, 'update']), path)).toEqual(['update'])
    expect(capabilitiesOf(aclOf([winner, 'update'], [loser, 'read']), path)).toEqual(['update'])
  })

  it('takes prefixes as a server does that knows all patterns, where they are all that there is', () => {
    const rules: readonly Rule[] = [
      ['a/*', 'read'],
      ['a/b*', 'update'],
      ['a/b/c', 'list', 'sudo'],
      ['*', 'deny'],
    ]
    const [own, full] = [createAcl(toRules(rules)), aclOf(...rules)]
    for (const path of ['a/', 'a/x', 'a/b', 'a/b/d', 'a/b/c', 'other', '']) {
      expect([path, own.granted(path)]).toEqual([path, full.granted(path)])
      expect([path, own.allows(path, 'list')]).toEqual([path, full.allows(path, 'list')])
    }
    expect(own.allows('a/b/d', 'update') && own.allows('a/x', 'read') && own.hasSudo('a/b/c')).toBe(true)
    expect(own.allows('other', 'read') || own.allows('a/b/d', 'read')).toBe(false)
  })

  it('allows a list with and without the trailing slash in the policy', () => {
    expect(aclOf(['ssh/roles', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles/', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles/*', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles', 'read']).allows('ssh/roles', 'list')).toBe(false)
  })

  it('names capabilities sorted, and sudo apart', () => {
    const acl = aclOf(['sys/auth/*', 'update', 'sudo', 'create'])
    expect(capabilitiesOf(acl, 'sys/auth/x')).toEqual(['create', 'sudo', 'update'])
    expect(acl.hasSudo('sys/auth/x')).toBe(true)
    expect(acl.hasSudo('sys/mounts')).toBe(false)
  })

  it.each([
    ['ssh/sign/ops', 'ssh/', true],
    ['ssh/', 'ssh/', true],
    ['+/sign/ops', 'ssh/', true],
    ['s*', 'ssh/', true],
    ['a/b/c', 'a/b/', true],
    ['a/+', 'a/b/', true],
    ['x/+/c', 'a/b/', false],
    ['other/sign', 'ssh/', false],
  ])('a rule for %s reaches %s: %s', (path, mount, isReached) => {
    expect(reaches(aclOf([path, 'update']), mount)).toBe(isReached)
    expect(reaches(aclOf([path, 'deny']), mount)).toBe(false)
  })

  it('lets root do everything', () => {
    expect(capabilitiesOf(rootAcl, 'any')).toEqual(['root'])
    expect(rootAcl.allows('any', 'delete') && rootAcl.hasSudo('any') && reaches(rootAcl, 'any/')).toBe(true)
  })
})
