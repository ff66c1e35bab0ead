import { describe, expect, it } from 'vitest'
import { isVariableFormat, variableFormats } from '../../../../src/helper/exec/variable-formats.ts'

const change = { set: { AWS_A: 'ab+/=', AWS_VAULT: `it's "a" \\ $b \u2019 c` }, unset: ['AWS_PROFILE', 'AWS_ROLE_ARN'] }

describe('variables', () => {
  it('are exported by a POSIX shell', () => {
    expect(variableFormats.sh(change)).toBe(
      `unset AWS_PROFILE AWS_ROLE_ARN\nexport AWS_A=ab+/=\nexport AWS_VAULT='it'\\''s "a" \\ $b \u2019 c'`,
    )
  })

  it('are exported by fish', () => {
    expect(variableFormats.fish(change)).toBe(
      `set -e AWS_PROFILE;\nset -e AWS_ROLE_ARN;\nset -gx AWS_A 'ab+/=';\nset -gx AWS_VAULT 'it\\'s "a" \\\\ $b \u2019 c';`,
    )
  })

  it('are set by PowerShell, whose quotes are more than one', () => {
    expect(variableFormats.powershell(change)).toBe(
      [
        'Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue',
        'Remove-Item Env:AWS_ROLE_ARN -ErrorAction SilentlyContinue',
        `$Env:AWS_A = 'ab+/='`,
        `$Env:AWS_VAULT = 'it''s "a" \\ $b \u2019\u2019 c'`,
      ].join('\n'),
    )
  })

  it('are plain lines for docker, quoted where they must be', () => {
    expect(variableFormats.dotenv(change)).toBe(`AWS_A=ab+/=\nAWS_VAULT="it's \\"a\\" \\\\ \\$b \u2019 c"`)
    expect(variableFormats.dotenv({ set: { A: 'a b' }, unset: ['B'] })).toBe("A='a b'")
  })

  it('are one object in JSON', () => {
    expect(JSON.parse(variableFormats.json(change))).toEqual(change.set)
  })

  it('have no line for nothing', () => {
    expect(variableFormats.sh({ set: { A: 'b' }, unset: [] })).toBe('export A=b')
  })
})

it.each([
  ['sh', true],
  ['json', true],
  ['constructor', false],
  ['', false],
])('whether %s is a format: %s', (name, is) => expect(isVariableFormat(name)).toBe(is))
