// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config.toml has them, not JavaScript
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { expandVariables } from '../../../../src/daemon/config/expand-variables.ts'
import { readSections } from '../../../../src/daemon/config/read-sections.ts'

const environment = { USER: 'jo', TEAM: 'ops', EMPTY: '', VAULT_TOKEN: 'hvs.secret', COST: '$5' }
const expand = (toml: string) => expandVariables(parse(toml), environment)
/** The text that `key = "…"` of a vault becomes. */
const value = (text: string) => {
  const { document, mistakes } = expand(`vault.corp.key = '${text}'`)
  expect(mistakes).toEqual([])
  return (document as { vault: { corp: { key: string } } }).vault.corp.key
}
const mistakeOf = (text: string) => expand(`vault.corp.key = '${text}'`).mistakes

describe('a variable', () => {
  it.each([
    ['${USER}', 'jo'],
    ['${USER}@${TEAM}.example.com', 'jo@ops.example.com'],
    ['~/${TEAM}/token', '~/ops/token'],
    ['$USER', '$USER'],
    ['no variable', 'no variable'],
    ['{USER}', '{USER}'],
    // What a variable holds is not looked at again.
    ['${COST}{USER}', '$5{USER}'],
  ])('%s becomes %s', (written, text) => {
    expect(value(written)).toBe(text)
  })

  it.each([
    ['$${USER}', '${USER}'],
    ['$${', '${'],
    ['$$${USER}', '$${USER}'],
    ['$${USER} ${USER}', '${USER} jo'],
    ['$$', '$$'],
  ])('is meant literally in %s', (written, text) => {
    expect(value(written)).toBe(text)
  })

  it.each([
    ['${NOBODY}', 'the variable NOBODY is not set for the daemon'],
    ['${EMPTY}', 'the variable EMPTY is not set for the daemon'],
    ['${USER', 'after ${ comes the name of a variable'],
    ['${}', 'after ${ comes the name of a variable'],
    ['${1ST}', 'after ${ comes the name of a variable'],
    ['${USER:-jo}', 'after ${ comes the name of a variable'],
    ['${VAULT_TOKEN}', 'VAULT_TOKEN holds a secret'],
  ])('cannot be replaced in %s, which is said once', (written, reason) => {
    const mistakes = mistakeOf(`${written} ${written}`)
    expect(mistakes).toEqual([{ path: ['vault', 'corp', 'key'], reason: expect.stringContaining(reason) }])
    expect(JSON.stringify(mistakes)).not.toContain('hvs.secret')
  })

  it('is replaced at any depth of [vault] and [ssh], and nowhere else', () => {
    const { document, mistakes } = expand(`
[vault.corp]
auth = { method = "userpass", username = "\${USER}" }
[ssh.identity."\${USER}"]
principals = ["\${USER}", "x"]
hosts = []
"\${USER}" = 1979-05-27
[aws.profile.dev]
session_name = "\${USER}"
[log]
level = "\${LEVEL}"
`)
    expect(mistakes).toEqual([])
    expect(document).toMatchObject({
      vault: { corp: { auth: { username: 'jo' } } },
      ssh: { identity: { '${USER}': { principals: ['jo', 'x'], hosts: [], '${USER}': expect.any(Date) } } },
      aws: { profile: { dev: { session_name: '${USER}' } } },
      log: { level: '${LEVEL}' },
    })
  })

  it.each(['command', 'jwt_command', 'program', 'mfa_process', 'force-command'])(
    'is not replaced in %s, which says what is run',
    (key) => {
      const toml = `vault.corp.auth.${key} = ["\${USER}/bin/x", "\${NOBODY}"]`
      expect(expand(toml)).toEqual({ document: parse(toml), mistakes: [] })
    },
  )
})

describe('config.toml', () => {
  const corp = (address: string) => `[vault.corp]\nnamespace = "x"\naddress = "${address}"\n`

  it('is judged by what it says with its variables', () => {
    const { sections, mistakes } = readSections(corp('https://${HOST}:8200'), { HOST: 'vault.example.com' })
    expect(mistakes).toEqual([])
    expect(sections.get('vault.corp')).toMatchObject({ written: { address: 'https://vault.example.com:8200' } })
    expect(readSections(corp('${HOST}'), { HOST: 'ftp://x' }).mistakes).toMatchObject([
      { line: 3, column: 1, reason: expect.stringContaining('not an http://') },
    ])
  })

  it('has one mistake where a variable is not set, with line and column; the section is wrong, others are not', () => {
    const toml = `${corp('${HOST}')}[ssh.identity.ops]\nrole = "ops"\nprincipals = ["a", "\${NOBODY}"]\n[vault.other]\naddress = "https://other"\n`
    const { sections, mistakes } = readSections(toml, {})
    expect(mistakes).toMatchObject([
      { line: 3, column: 1, path: ['vault', 'corp', 'address'], reason: 'the variable HOST is not set for the daemon' },
      { line: 6, column: 1, reason: 'the variable NOBODY is not set for the daemon' },
    ])
    expect([...sections.keys()]).toEqual(['vault.other'])
  })

  it('cannot lose a section to a key that no object may have', () => {
    const { mistakes } = readSections('[vault.corp]\n"__proto__" = "${X}"\n', { X: 'y' })
    expect(mistakes).toMatchObject([{ reason: 'this name is not allowed' }])
  })
})
