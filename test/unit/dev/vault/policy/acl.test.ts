import { describe, expect, it } from 'vitest'
import { createAcl, rootAcl } from '../../../../../src/dev/vault/policy/acl.ts'
import { toPathRule } from '../../../../../src/dev/vault/policy/policy-rules.ts'
import { reaches } from '../../../../doubles/vault/policy/reach.ts'

const aclOf = (...rules: readonly (readonly [string, ...string[]])[]) =>
  createAcl(
    rules.map(([path, ...capabilities]) => toPathRule({ path, values: new Map([['capabilities', capabilities]]) })),
  )

describe('an access control list', () => {
  it('allows what a rule for the very path grants, and nothing else', () => {
    const acl = aclOf(['ssh/sign/ops', 'update'])
    expect(acl.allows('ssh/sign/ops', 'update')).toBe(true)
    expect(acl.allows('ssh/sign/ops', 'read')).toBe(false)
    expect(acl.allows('ssh/sign/opsx', 'update')).toBe(false)
  })

  it('unites the rules for one path, and a deny among them wins', () => {
    expect(aclOf(['a', 'read'], ['a', 'update']).capabilities('a')).toEqual(['read', 'update'])
    const denied = aclOf(['a', 'read', 'sudo'], ['a', 'deny'])
    expect(denied.capabilities('a')).toEqual(['deny'])
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
    expect(aclOf([loser, 'read'], [winner, 'update']).capabilities(path)).toEqual(['update'])
    expect(aclOf([winner, 'update'], [loser, 'read']).capabilities(path)).toEqual(['update'])
  })

  it('takes a list for allowed with and without the trailing slash in the policy', () => {
    expect(aclOf(['ssh/roles', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles/', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles/*', 'list']).allows('ssh/roles', 'list')).toBe(true)
    expect(aclOf(['ssh/roles', 'read']).allows('ssh/roles', 'list')).toBe(false)
  })

  it('names capabilities sorted, and sudo apart', () => {
    const acl = aclOf(['sys/auth/*', 'update', 'sudo', 'create'])
    expect(acl.capabilities('sys/auth/x')).toEqual(['create', 'sudo', 'update'])
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
    expect(rootAcl.capabilities('any')).toEqual(['root'])
    expect(rootAcl.allows('any', 'delete') && rootAcl.hasSudo('any') && reaches(rootAcl, 'any/')).toBe(true)
  })
})
