import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { VisitFields } from '../../../../src/prompts/kinds/visit.ts'
import type { Prompts } from '../../../../src/prompts/prompt.ts'
import { type AuthConfig, createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { createTokenSource } from '../../../../src/vault/token/token-source.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { auth, looked, lookUp } from '../../../support/token-world.ts'
import { type Script, type ScriptedAnswer, scriptedVault } from '../../../support/vault-http.ts'
import {
  forToken,
  loginContext,
  person,
  recordingLog,
  testClient,
  testKeychain,
  tokenOf,
  until,
} from '../../../support/vault-world.ts'

const look = 'GET sys/seal-status'
const byPassword = 'POST auth/userpass/login/jo'
const begin = 'POST auth/oidc/oidc/auth_url'
const callback = 'callback'
const validate = 'POST sys/mfa/validate'

const factor = { type: 'totp', id: 'm1', uses_passcode: true }
const demand = auth('', {
  mfa_requirement: { mfa_request_id: 'r1', mfa_constraints: { all: { any: [factor] } } },
})
const begun: ScriptedAnswer = { json: { data: { auth_url: 'https://provider.example/authorize?state=st_1' } } }

/** A person who types what is asked for, and whose browser comes back at once. */
function willing() {
  const open: string[] = []
  const prompts: Prompts = {
    ask(question, signal) {
      if (question.kind === 'password') return Promise.resolve(new Secret('pw') as never)
      if (question.kind === 'code') return Promise.resolve(new Secret('123456') as never)
      open.push(question.text)
      const { link } = question as unknown as VisitFields
      const come = () => fetch(`${new URL(link!).origin}/oidc/callback?state=st_1&code=c`).catch(() => undefined)
      if (question.kind === 'visit') void come()
      return new Promise((_, reject) => {
        signal!.addEventListener('abort', () => {
          open.splice(open.indexOf(question.text), 1)
          reject(signal!.reason as Error)
        })
      })
    },
    attend: () => () => {},
  }
  return { prompts, open }
}

async function world(config: AuthConfig, scripts: Readonly<Record<string, readonly Script[]>>) {
  const vault = await scriptedVault()
  vault.on(lookUp, looked())
  const { [callback]: answers, ...routes } = scripts
  for (const [route, script] of Object.entries(routes)) vault.on(route, ...script)
  const left = [...(answers ?? [])]
  if (answers !== undefined) {
    vault.on(begin, ...(routes[begin] ?? []), ({ body }) => {
      const { client_nonce: nonce } = body as { client_nonce: string }
      vault.on(`GET auth/oidc/oidc/callback?state=st_1&code=c&client_nonce=${nonce}`, left.shift()!)
      return begun
    })
  }
  const { prompts, open } = willing()
  const clock = fakeClock()
  const keychain = testKeychain()
  const client = testClient(vault.address, { clock, maxRetries: 0 })
  const { log } = recordingLog()
  const context = loginContext(client, { prompts, keychain, clock, log, address: vault.address })
  const source = createTokenSource({
    ...context,
    method: forToken(createLoginMethod(config, context)),
    tellLoginNeeded: () => {},
  })
  return { vault, clock, keychain, source, open }
}

const userpass: AuthConfig = { method: 'userpass', username: 'jo' }
const oidc: AuthConfig = { method: 'oidc' }
const granted = auth('hvs.first')

describe('a server that dies during a login', () => {
  it.each<[string, AuthConfig, Readonly<Record<string, readonly Script[]>>]>([
    [
      'before the password',
      userpass,
      { [look]: ['drop', { json: { type: 's', initialized: true, sealed: false } }], [byPassword]: [granted] },
    ],
    ['with the password', userpass, { [byPassword]: ['drop', granted] }],
    ['within its answer to the password', userpass, { [byPassword]: ['break', granted] }],
    ['with the second factor', userpass, { [byPassword]: [demand], [validate]: ['drop', granted] }],
    ['within its answer to the second factor', userpass, { [byPassword]: [demand], [validate]: ['break', granted] }],
    ['before there is a page to visit', oidc, { [begin]: ['drop'], [callback]: [granted] }],
    ['within its answer with the page', oidc, { [begin]: ['break'], [callback]: [granted] }],
    ['when the browser is back', oidc, { [callback]: ['drop', granted] }],
    ['within its answer to what the browser brought', oidc, { [callback]: ['break', granted] }],
    ['with the second factor after the browser', oidc, { [callback]: [demand, demand], [validate]: ['drop', granted] }],
  ])('leaves nothing of it, and the next one works: %s', async (_, config, scripts) => {
    const { clock, keychain, source, open } = await world(config, scripts)
    await expect(source.login(person)).rejects.toMatchObject({ name: 'VaultError' })
    expect(source.status().state).toBe('login-needed')
    expect([...keychain.items.keys()]).toEqual([])
    expect(open).toEqual([])
    // A browser may still be taking its page.
    await until(() => clock.pendingTimers() === 0)
    await expect(tokenOf(source)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await source.login(person)
    expect((await tokenOf(source)).expose()).toBe('hvs.first')
    expect(source.status().state).toBe('logged-in')
    expect(open).toEqual([])
  })

  it.each(['drop', 'break'] as const)(
    'after it has granted a token (%s): that is held, under the name of its mount',
    async (how) => {
      const { vault, keychain, source } = await world(oidc, { [callback]: [granted] })
      vault.on(lookUp, how)
      expect(await source.login(person)).toMatchObject({ displayName: 'oidc' })
      expect([...keychain.items.keys()]).toEqual(['vault/corp/token'])
    },
  )
})
