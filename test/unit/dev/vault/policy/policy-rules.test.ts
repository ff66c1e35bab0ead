import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../../../../doubles/vault/policy/full-policies.ts'

describe('a policy', () => {
  it('is read from HCL with comments, escapes and more than one path', () => {
    const policy = `
      # sign
      path "ssh/sign/*" {
        capabilities = ["update", "create"] // two
        comment = "for \\"everyone\\""
      }
      /* and
         read */
      path "/ssh/roles/+" { capabilities = [ "read", ] }
    `
    expect(parsePolicy(policy)).toEqual([
      { path: 'ssh/sign/*', capabilities: ['update', 'create'] },
      { path: 'ssh/roles/+', capabilities: ['read'] },
    ])
  })

  it.each([
    '{"path": {"ssh/*": {"capabilities": ["read"]}}}',
    '{"path": [{"ssh/*": [{"capabilities": ["read"]}]}]}',
    '{"path": {"ssh/*": {"capabilities": ["read"], "comment": "x"}}}',
  ])('is read from JSON: %s', (policy) => {
    expect(parsePolicy(policy)).toEqual([{ path: 'ssh/*', capabilities: ['read'] }])
  })

  it('may use the short-hands from before capabilities', () => {
    expect(parsePolicy('path "a" { policy = "read" }')).toEqual([{ path: 'a', capabilities: ['read', 'list'] }])
  })

  it('may be empty', () => {
    expect(parsePolicy('')).toEqual([])
  })

  it.each([
    ['path "a" { capabilities = ["fly"] }', 'invalid capability "fly"'],
    ['path "a" { policy = "own" }', 'invalid policy "own"'],
    ['path "a" { policy = "constructor" }', 'invalid policy "constructor"'],
    ['path "a" { allowed_parameters = { ttl = ["1h"] } }', 'key "allowed_parameters" is not built'],
    ['path "a" { allowed_parameters { ttl = [] } }', 'key "allowed_parameters" is not built'],
    ['path "a+*" { capabilities = ["read"] }', "'+*' is forbidden"],
    ['role "a" { }', 'invalid key "role"'],
    ['ttl = 5', 'invalid key "ttl"'],
    ['path { }', 'a path needs one label'],
    ['path "a" "b" { }', 'a path needs one label'],
    ['path "a" {', 'expected a name, got nothing'],
    ['path "a" { capabilities = ["read" "list"] }', 'expected ,'],
    ['path "a" { capabilities = }', 'expected a value'],
    ['path "a"\npath', 'expected {'],
    ['path "a" {\n capabilities = [\n §] }', 'at 3: illegal character "§"'],
    ['{"path": 5}', 'an object was expected'],
    ['{"path"', 'failed to parse policy'],
    ['{"paths": {}}', 'invalid key "paths"'],
  ])('is refused: %j', (policy, message) => {
    expect(() => parsePolicy(policy)).toThrow(message)
  })
})
