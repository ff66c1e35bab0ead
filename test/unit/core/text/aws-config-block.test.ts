import { describe, expect, it } from 'vitest'
import { awsConfigBlock } from '../../../../src/core/text/aws-config-block.ts'

const block = (name: string, latchkey = '/bin/latchkey') => awsConfigBlock({ name, region: 'eu-west-1', latchkey })

describe('a block of the AWS config file', () => {
  it('has a region, if one is known, and a credential_process', () => {
    const line = 'credential_process = /bin/latchkey aws credentials dev\n'
    expect(block('dev')).toBe(`[profile dev]\nregion = eu-west-1\n${line}`)
    expect(awsConfigBlock({ name: 'dev', latchkey: '/bin/latchkey' })).toBe(`[profile dev]\n${line}`)
  })

  it.each([
    ['default', '[default]', 'default'],
    ['team/dev@eu.2:x', '[profile team/dev@eu.2:x]', 'team/dev@eu.2:x'],
    ['a b', '[profile "a b"]', "'a b'"],
    ["jo's $HOME", `[profile "jo's $HOME"]`, `'jo'\\''s $HOME'`],
    ['größe', '[profile "größe"]', "'größe'"],
  ])('names the profile %j', (name, header, word) => {
    expect(block(name)).toBe(
      `${header}\nregion = eu-west-1\ncredential_process = /bin/latchkey aws credentials ${word}\n`,
    )
  })

  it.each(['a"b', 'a\\b', 'a]b', '-dev'])('cannot name the profile %j', (name) => {
    expect(block(name)).toBeUndefined()
  })

  it('quotes a path with blanks', () => {
    expect(block('dev', "/home/jo b/it's/latchkey")).toContain(
      `credential_process = '/home/jo b/it'\\''s/latchkey' aws credentials dev\n`,
    )
  })
})
