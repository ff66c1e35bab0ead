import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { totp } from '../../../../src/core/totp/totp.ts'
import type { PromptQuestion, Prompts } from '../../../../src/prompts/prompt.ts'
import { adviseOn } from '../../../../src/vault/advice/advice.ts'
import { type AuthConfig, createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { mfaAdvice } from '../../../../src/vault/login/login-mfa.ts'
import { openTestVault, type TestVault } from '../../../support/dev-vault.ts'
import { loginContext, testClient, until } from '../../../support/vault-world.ts'

type Answer = string | ((server: TestVault) => string | Promise<string>)

/** jo, who logs in by password or as a role, and what the server wants beside that. */
async function world(
  enforcements: readonly (readonly string[])[],
  { auth, answers = [] }: { auth?: AuthConfig; answers?: readonly Answer[] } = {},
) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await server.admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
  await server.admin('POST', 'sys/auth/approle', { type: 'approle' })
  await server.admin('POST', 'auth/approle/role/ci', { bind_secret_id: false, secret_id_bound_cidrs: '127.0.0.0/8' })
  await server.admin('POST', 'auth/approle/role/ci/role-id', { role_id: 'r' })
  const entities = [
    (await server.call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })).json.auth.entity_id,
    (await server.call('POST', 'auth/approle/login', { body: { role_id: 'r' } })).json.auth.entity_id,
  ]
  const ids = new Map<string, string>()
  const seeds = new Map<string, string>()
  for (const method of new Set(enforcements.flat())) {
    const [type, name] = method.split(':')
    const { method_id: id } = await server.admin('POST', `identity/mfa/method/${type}`, {
      method_name: name ?? '',
      ...(type === 'totp' ? { issuer: 'corp' } : {}),
    })
    ids.set(method, String(id))
    if (type !== 'totp') continue
    const { url } = await server.admin('POST', 'identity/mfa/method/totp/admin-generate', {
      method_id: id,
      entity_id: entities[auth?.method === 'approle' ? 1 : 0],
    })
    seeds.set(method, new URL(String(url)).searchParams.get('secret')!)
  }
  for (const [at, methods] of enforcements.entries()) {
    await server.admin('POST', `identity/mfa/login-enforcement/e${at}`, {
      mfa_method_ids: methods.map((method) => ids.get(method)),
      identity_entity_ids: entities,
    })
  }
  const questions: PromptQuestion[] = []
  const notes: string[] = []
  const left = [...answers]
  const prompts: Prompts = {
    async ask(question, signal) {
      if (question.kind === 'note') {
        notes.push(question.text)
        return new Promise<never>((_, reject) => {
          signal!.addEventListener('abort', () => reject(signal!.reason as Error))
        })
      }
      questions.push(question)
      if (question.kind === 'password') return new Secret('pw') as never
      const next = left.shift() ?? ''
      const answer = typeof next === 'string' ? next : await next(server)
      return (question.kind === 'choice' ? answer : new Secret(answer)) as never
    },
    attend: () => () => {},
  }
  const context = loginContext(testClient(server.vault.address), { prompts })
  const made = createLoginMethod(auth ?? { method: 'userpass', username: 'jo' }, context)
  if (made.type !== 'login') return expect.unreachable()
  const sent = (path: string) => server.calls.filter((call) => call.path === `/v1/${path}`).length
  return { server, ids, seeds, questions, notes, left, context, made, sent }
}

/** The code of the only seed; it is known once the world is made. */
function withCode() {
  const held = { seed: '' }
  return { held, code: (server: TestVault) => totp(held.seed, server.nowMs()) }
}

const asked = (questions: readonly PromptQuestion[]) =>
  questions.flatMap(({ kind, text, notice }) => (kind === 'password' ? [] : [[kind, text, notice]]))

describe('login MFA', () => {
  it('asks for the code of the method, and goes on with the same login', async () => {
    const { held, code } = withCode()
    const { made, seeds, questions, sent } = await world([['totp:phone']], { answers: [code] })
    held.seed = seeds.get('totp:phone')!
    expect((await made.login(true)).lease.displayName).toBe('userpass-jo')
    expect(asked(questions)).toEqual([['code', 'code of phone (TOTP) for vault corp', undefined]])
    expect(questions.at(-1)).toMatchObject({ follows: true })
    expect(sent('auth/userpass/login/jo')).toBe(2)
    expect(sent('sys/mfa/validate')).toBe(1)
  })

  it('asks again for a wrong code, not for the password, three times in all', async () => {
    const { made, questions, sent } = await world([['totp:phone']], { answers: ['000000', '000001', '000002'] })
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_MFA_FAILED',
      message: expect.stringContaining('the second factor of jo was not accepted'),
      hint: expect.stringContaining('latchkey login corp'),
    })
    expect(questions.map(({ kind }) => kind)).toEqual(['password', 'code', 'code', 'code'])
    expect(questions.at(-1)!.notice).toContain('1 more try')
    expect(sent('sys/mfa/validate')).toBe(3)
  })

  it('says so when there were too many wrong codes', async () => {
    const answers = ['000000', '000001', '000002', '000003', '000004', '000005']
    const { made } = await world([['totp']], { answers })
    await made.login(true).catch(() => {})
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      hint: expect.stringContaining('wait half a minute'),
    })
  })

  it('that comes too late says that the login has to begin again', async () => {
    const late = (server: TestVault) => {
      server.advance(301_000)
      return '123456'
    }
    const { made } = await world([['totp']], { answers: [late] })
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_MFA_NEEDED',
      message: expect.stringContaining('too late'),
    })
  })

  it('that nobody wants any more says so, and is left out of the next login', async () => {
    const change = async (server: TestVault) => {
      await server.call('DELETE', 'identity/mfa/login-enforcement/e0', { token: server.vault.rootToken })
      return '123456'
    }
    const { made, questions } = await world([['totp']], { answers: [change] })
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_MFA_NEEDED',
      message: 'vault corp: the server wants no second factor of jo any more: its operator has changed that meanwhile',
      hint: 'run: latchkey login corp',
    })
    expect((await made.login(true)).lease.displayName).toBe('userpass-jo')
    expect(questions.map(({ kind }) => kind)).toEqual(['password', 'code', 'password'])
  })

  it('of somebody who is deleted meanwhile is refused whatever the code', () => {
    const purpose = { type: 'login', mount: 'userpass', who: 'jo', advice: mfaAdvice } as const
    const texts = ['MFA validation failed. entity not found: <nil>']
    expect(adviseOn({ status: 500, texts }, { vault: 'corp', purpose })).toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: 'vault corp: the server has lost the identity of jo meanwhile',
      hint: 'run: latchkey login corp; if it is refused, ask the operator of the vault',
    })
  })

  it.each([
    ['duo', 'approve the login to vault corp: Duo'],
    ['okta', 'approve the login to vault corp: Okta Verify'],
    ['pingid', 'approve the login to vault corp: PingID'],
  ])('by a push of %s shows that it waits for it', async (type, note) => {
    const { server, made, notes, questions } = await world([[type]])
    const login = made.login(true)
    await until(() => notes.length > 0)
    expect(notes).toEqual([note])
    const answering = async (): Promise<void> => {
      await server.admin('POST', 'sys/mfa/behind/phone', { outcome: 'approved' })
    }
    const over = login.then(() => true)
    while (!(await Promise.race([over, answering().then(() => false)])));
    expect(questions.map(({ kind }) => kind)).toEqual(['password'])
  })

  it('by a push that is denied is over: neither push nor password comes again', async () => {
    const { server, made, notes, questions } = await world([['duo']])
    const ended = made.login(true).catch((error: unknown) => error)
    const deny = () => server.admin('POST', 'sys/mfa/behind/phone', { outcome: 'denied' }).then(() => undefined)
    let error: unknown
    while (error === undefined) error = await Promise.race([ended, deny()])
    expect(error).toMatchObject({ code: 'VAULT_MFA_FAILED' })
    expect(notes).toHaveLength(1)
    expect(questions.map(({ kind }) => kind)).toEqual(['password'])
  })

  it('has one of several methods chosen', async () => {
    const { held, code } = withCode()
    const { made, seeds, questions } = await world([['duo', 'totp:phone']], { answers: ['phone (TOTP)', code] })
    held.seed = seeds.get('totp:phone')!
    await made.login(true)
    expect(asked(questions)).toEqual([
      ['choice', 'second factor for vault corp', undefined],
      ['code', 'code of phone (TOTP) for vault corp', undefined],
    ])
    expect(questions[1]).toMatchObject({ options: ['Duo', 'phone (TOTP)'] })
  })

  it('uses one method for all enforcements that it is in', async () => {
    const enforcements = [
      ['duo', 'totp'],
      ['okta', 'duo'],
    ]
    const { server, made, notes, questions } = await world(enforcements, { answers: ['Duo'] })
    const over = made.login(true).then(() => true)
    const approve = () => server.admin('POST', 'sys/mfa/behind/phone', { outcome: 'approved' }).then(() => false)
    while (!(await Promise.race([over, approve()])));
    expect(asked(questions)).toHaveLength(1)
    expect(notes).toEqual(['approve the login to vault corp: Duo'])
  })

  it('tells methods apart that are called alike', async () => {
    const { made, questions, ids } = await world([['totp:', 'totp']], { answers: ['TOTP'] })
    await made.login(true).catch(() => {})
    expect(questions[1]).toMatchObject({ options: ['TOTP', `TOTP ${ids.get('totp')}`] })
  })

  it('is nothing that a login without a person can satisfy, nor does it try again and again', async () => {
    const { made, sent } = await world([['totp']], { auth: { method: 'approle', role_id: 'r' } })
    const needed = { code: 'VAULT_MFA_NEEDED', hint: 'run: latchkey login corp' }
    await expect(made.login(false)).rejects.toMatchObject(needed)
    await expect(made.login(false)).rejects.toMatchObject(needed)
    expect(sent('auth/approle/login')).toBe(2)
    expect(sent('sys/mfa/validate')).toBe(0)
  })

  it('of a login that otherwise needs no person is satisfied once somebody asks for that', async () => {
    const { held, code } = withCode()
    const auth: AuthConfig = { method: 'approle', role_id: 'r' }
    const { made, seeds } = await world([['totp']], { auth, answers: [code] })
    held.seed = seeds.get('totp')!
    expect((await made.login(true)).lease.displayName).toBe('approle')
  })

  it('in one phase sends the code with the password', async () => {
    const { held, code } = withCode()
    const { made, seeds, ids, context, questions, sent } = await world([['totp']], { answers: [code, '000000'] })
    held.seed = seeds.get('totp')!
    const once = createLoginMethod({ method: 'userpass', username: 'jo', mfa_method: ids.get('totp')! }, context)
    if (once.type !== 'login' || made.type !== 'login') return expect.unreachable()
    await once.login(true)
    expect(questions.map(({ kind }) => kind)).toEqual(['password', 'code'])
    expect(sent('sys/mfa/validate')).toBe(0)
    await expect(once.login(true)).rejects.toMatchObject({
      code: 'VAULT_MFA_FAILED',
      hint: expect.stringContaining('mfa_method'),
    })
  })

  it('in one phase names its method in any script', async () => {
    const { held, code } = withCode()
    const auth: AuthConfig = { method: 'userpass', username: 'jo', mfa_method: 'téléphone 手机' }
    const { made, seeds, sent } = await world([['totp:téléphone 手机']], { auth, answers: [code] })
    held.seed = seeds.get('totp:téléphone 手机')!
    expect((await made.login(true)).lease.displayName).toBe('userpass-jo')
    expect(sent('sys/mfa/validate')).toBe(0)
  })
})
