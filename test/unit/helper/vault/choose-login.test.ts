import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { chooseLogin, howToKeep } from '../../../../src/helper/vault/choose-login.ts'
import type { OfferedLogins } from '../../../../src/ipc/endpoints/vault.ts'

const people = { method: 'userpass', mount: 'people', needsName: true, description: 'for people' }
const sso = { method: 'oidc', mount: 'oidc', needsName: false }
const ldap = { method: 'ldap', mount: 'corp/ldap', needsName: true }
const offered = (...logins: OfferedLogins['logins']): OfferedLogins => ({
  vault: 'corp',
  configFile: '/home/jo/config.toml',
  logins,
  others: [],
})

function contextOf(typed: (string | undefined)[] | undefined, environment: Record<string, string> = { LOGNAME: 'jo' }) {
  const asked: string[] = []
  const context = {
    environment,
    hasTypedInput: typed !== undefined,
    screen: { show: (text: string) => asked.push(text) },
    async readLine(prompt: string) {
      asked.push(prompt)
      const line = typed?.shift()
      return line === undefined ? undefined : new Secret(line)
    },
  } as unknown as CommandContext
  return { asked, context }
}

describe('the choice of a login', () => {
  it('is made by its number, and then by a name', async () => {
    const { asked, context } = contextOf(['3', '1', 'ann'])
    expect(await chooseLogin(offered(ldap, sso), context)).toEqual({
      auth: { method: 'ldap', mount: 'corp/ldap', username: 'ann' },
      why: '',
    })
    expect(asked[0]).toContain('vault corp offers several logins:\n')
    expect(asked[0]).toContain('1) ldap at auth/corp/ldap/\n')
    expect(asked[0]).toContain('2) oidc at auth/oidc/\n')
    expect(asked[1]).toContain('choose from 1 to 2')
    expect(asked[2]).toBe('user name at auth/corp/ldap/ (Enter: jo): ')
  })

  it('is none where there is one: that is taken, and said', async () => {
    const { asked, context } = contextOf(undefined)
    expect(await chooseLogin(offered(sso), context)).toEqual({
      auth: { method: 'oidc', mount: 'oidc' },
      why: 'the only login that vault corp offers: oidc at auth/oidc/\n',
    })
    expect(asked).toEqual([])
  })

  it.each([
    ['an empty line', [''], 'jo'],
    ['no terminal', undefined, 'jo'],
    ['another name', [' ann '], 'ann'],
  ])('takes from %s the name %s%s', async (_, typed, username) => {
    const { context } = contextOf(typed)
    expect((await chooseLogin(offered(people), context)).auth.username).toBe(username)
  })

  it.each([
    [[''], {}],
    [undefined, {}],
  ])('needs a name from somewhere (%j)', async (typed, environment) => {
    const { context } = contextOf(typed, environment)
    await expect(chooseLogin(offered(people), context)).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'write into [vault.corp] of /home/jo/config.toml: auth = { method = "userpass", mount = "people", username = "NAME" }',
    })
  })

  it('is not made without a terminal: all are named, and what to write', async () => {
    const { context } = contextOf(undefined)
    await expect(chooseLogin(offered(people, sso), context)).rejects.toMatchObject({
      code: 'USAGE',
      message:
        'vault corp offers several logins, and nobody can be asked which: userpass at auth/people/ (for people), oidc at auth/oidc/',
      hint: expect.stringContaining('auth = { method = "userpass", mount = "people", username = "jo" }'),
    })
  })

  it('can be given up', async () => {
    await expect(chooseLogin(offered(people, sso), contextOf([undefined]).context)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await expect(chooseLogin(offered(people), contextOf([undefined]).context)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })

  it('is impossible where nothing is offered, or only what takes settings', async () => {
    const { context } = contextOf([])
    await expect(chooseLogin(offered(), context)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'vault corp shows no login, and config.toml does not say how to log in',
      hint: expect.stringContaining('write into [vault.corp] of /home/jo/config.toml: auth = {'),
    })
    await expect(chooseLogin({ ...offered(), others: ['approle at ci'] }, context)).rejects.toThrow(
      'no login that can be chosen, but approle at ci',
    )
  })
})

it('what was chosen is kept by a line of config.toml, which quotes what it must', () => {
  const text = howToKeep({ method: 'ldap', mount: 'corp"x', username: 'j\\o' }, offered())
  expect(text).toContain('write into [vault.corp] of /home/jo/config.toml:\n\n')
  expect(text).toContain('  auth = { method = "ldap", mount = "corp\\"x", username = "j\\\\o" }\n')
  expect(howToKeep({ method: 'oidc', mount: 'oidc' }, offered())).toContain('  auth = { method = "oidc" }\n')
})
