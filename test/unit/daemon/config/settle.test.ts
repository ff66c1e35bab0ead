import { describe, expect, it } from 'vitest'
import { readSections } from '../../../../src/daemon/config/read-sections.ts'
import { settleConfig } from '../../../../src/daemon/config/settle.ts'
import { readVaultVariables } from '../../../../src/vault/environment.ts'

const vault = (name: string, more = '') => `[vault.${name}]\naddress = "https://${name}"\n${more}`
const identity = (name: string, more = '') => `[ssh.identity.${name}]\nrole = "r"\n${more}`
const noVariables = readVaultVariables({})
const none = new Map<string, never>()

/** What runs after an edit: `key` as it is written now, `key (former)` as it was, and the effects of what is wrong. */
function settle(before: string, after: string) {
  const former = settleConfig(readSections(before), none, none, noVariables).sections
  const { sections, problems } = settleConfig(readSections(after), former, none, noVariables)
  return {
    runs: [...sections].map(([key, section]) => (former.get(key) === section ? `${key} (former)` : key)).sort(),
    wrong: problems.map(({ section, effect }) => `${section} ${effect}`),
  }
}

describe('the part of a configuration that runs', () => {
  it.each([
    ['a start', '', vault('a') + identity('i'), ['ssh.identity.i', 'vault.a'], []],
    ['an unknown key', '', vault('a', 'x = 1\n') + vault('b'), ['vault.b'], ['vault.a off']],
    [
      'what depends on a wrong one',
      '',
      vault('a', 'x = 1\n') + vault('b') + identity('i', 'vault = "a"\n') + identity('j', 'vault = "b"\n'),
      ['ssh.identity.j', 'vault.b'],
      ['vault.a off', 'ssh.identity.i off'],
    ],
    [
      'the only vault that is right of two: it is not the only one',
      '',
      vault('a', 'x = 1\n') + vault('b') + identity('i'),
      ['vault.b'],
      ['vault.a off', 'ssh.identity.i off'],
    ],
    [
      'a chain of profiles whose source is missing',
      '',
      '[aws.profile.a]\nrole = "arn:a"\nsource = "b"\n[aws.profile.b]\nrole = "arn:b"\nsource = "c"\n',
      [],
      ['aws.profile.a off', 'aws.profile.b off'],
    ],
    ['a removal', vault('a') + vault('b'), vault('b'), ['vault.b'], []],
    [
      'a removal of what others need',
      vault('a') + identity('i', 'vault = "a"\n'),
      identity('i', 'vault = "a"\n'),
      [],
      ['ssh.identity.i off'],
    ],
    [
      'a bad edit of a section',
      vault('a') + vault('b'),
      vault('a', 'x = 1\n') + vault('b', 'timeout = "1s"\n'),
      ['vault.a (former)', 'vault.b'],
      ['vault.a former'],
    ],
    [
      'a bad reference',
      vault('a') + identity('i', 'vault = "a"\n'),
      vault('a') + identity('i', 'vault = "c"\n'),
      ['ssh.identity.i (former)', 'vault.a'],
      ['ssh.identity.i former'],
    ],
    [
      'no TOML',
      vault('a') + identity('i'),
      'x',
      ['ssh.identity.i (former)', 'vault.a (former)'],
      ['undefined ignored'],
    ],
    [
      'a misspelled table',
      vault('a') + identity('i'),
      vault('a').replace('vault', 'valut'),
      ['ssh.identity.i (former)', 'vault.a (former)'],
      ['undefined ignored'],
    ],
    [
      'a misspelled table in [ssh]',
      `${vault('a')}[ssh]\nunbound_max = 1\n${identity('i')}`,
      `${vault('a')}[ssh]\nunbound_max = 2\n${identity('i').replace('identity', 'identiy')}`,
      ['ssh', 'ssh.identity.i (former)', 'vault.a'],
      ['undefined ignored'],
    ],
    [
      'a mistake in [ssh] itself',
      `${vault('a')}[ssh]\nunbound_max = 1\n${identity('i')}`,
      `${vault('a')}[ssh]\nunbound_max = -1\n${identity('i')}`,
      ['ssh (former)', 'ssh.identity.i', 'vault.a'],
      ['ssh former'],
    ],
    [
      'a mistake in a section of [ssh]',
      `${vault('a')}${identity('i')}`,
      `${vault('a')}[ssh]\norder = "added-first"\n[ssh.added_key.x]\nhosts = ["a"]\n${identity('i')}`,
      ['ssh', 'ssh.identity.i', 'vault.a'],
      ['ssh.added_key.x off'],
    ],
    [
      'an [ssh] that is a number',
      vault('a') + identity('i'),
      `ssh = 5\n${vault('a')}`,
      ['ssh.identity.i (former)', 'vault.a'],
      ['undefined ignored'],
    ],
    [
      'a table that is a number',
      vault('a') + identity('i'),
      `vault = 5\n${identity('i')}`,
      ['ssh.identity.i', 'vault.a (former)'],
      ['undefined ignored'],
    ],
    [
      'a name that is impossible',
      vault('a'),
      `${vault('a')}[vault.constructor]\n`,
      ['vault.a'],
      ['vault.constructor off'],
    ],
  ])('after %s', (_, before, after, runs, wrong) => {
    expect(settle(before, after)).toEqual({ runs, wrong })
  })

  it('reports each mistake, in the order of the file, up to a limit', () => {
    const three = `${identity('i', 'x = 1\ny = 2\n')}[log]\nlevel = "loud"\n`
    expect(
      settleConfig(readSections(three), none, none, noVariables).problems.map(({ mistake }) => mistake.line),
    ).toEqual([3, 4, 6])
    const many = Array.from({ length: 5_000 }, (_, index) => `[vault.v${index}]\nx = 1\n`).join('')
    const { problems, off } = settleConfig(readSections(many), none, none, noVariables)
    expect([problems.length, off.size]).toEqual([100, 5_000])
  })

  it('treats a fault in a file as one of its section', () => {
    const former = settleConfig(readSections(vault('a')), none, none, noVariables).sections
    const reading = readSections(vault('a', 'ca_file = "/ca"\n'))
    const fault = { path: ['vault', 'a', 'ca_file'], reason: 'gone' }
    const { sections, problems } = settleConfig(reading, former, new Map([['vault.a', fault]]), noVariables)
    expect(sections.get('vault.a')).toBe(former.get('vault.a'))
    expect(problems).toMatchObject([
      { section: 'vault.a', effect: 'former', mistake: { line: 3, column: 1, reason: 'gone' } },
    ])
  })
})
