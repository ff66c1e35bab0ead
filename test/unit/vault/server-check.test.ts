import { describe, expect, it } from 'vitest'
import { checkServer } from '../../../src/vault/server-check.ts'
import { byPassword, tokenWorld } from '../../support/token-world.ts'
import { type ScriptedAnswer, scriptedVault } from '../../support/vault-http.ts'
import { nobody, person, testClient } from '../../support/vault-world.ts'

const state = 'GET sys/seal-status'
const check = async (answer: ScriptedAnswer) => {
  const vault = await scriptedVault()
  vault.on(state, answer)
  return checkServer(testClient(vault.address, { maxRetries: 0 }))
}

describe('a server, before a person is asked', () => {
  it.each<[string, ScriptedAnswer, string]>([
    ['is sealed', { json: { initialized: true, sealed: true } }, 'VAULT_SEALED'],
    ['has not been initialised', { json: { initialized: false, sealed: true } }, 'VAULT_REFUSED'],
    ['is a page', { raw: '<html>welcome</html>' }, 'VAULT_BAD_RESPONSE'],
    ['is another API', { json: { status: 'ok' } }, 'VAULT_BAD_RESPONSE'],
    ['closes the connection', 'drop', 'VAULT_UNREACHABLE'],
    ['is away', { status: 503, raw: 'no upstream' }, 'VAULT_UNAVAILABLE'],
  ])('that %s fails the login', async (_, answer, code) => {
    await expect(check(answer)).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) })
  })

  const no = { status: 403, raw: '<html>no</html>' }
  const lookUp = 'GET auth/token/lookup-self'
  it.each<[string, ScriptedAnswer, string]>([
    ['refuses everything', no, 'VAULT_BAD_RESPONSE'],
    ['lets all else through to a sealed one', { status: 503, json: { errors: ['Vault is sealed'] } }, 'VAULT_SEALED'],
  ])('that is behind a proxy which %s fails the login', async (_, answer, code) => {
    const vault = await scriptedVault()
    vault.on(state, no)
    vault.on(lookUp, answer)
    await expect(checkServer(testClient(vault.address, { maxRetries: 0 }))).rejects.toMatchObject({ code })
  })

  it.each([403, 404])(
    'that is behind a proxy which lets nothing of sys/ through (HTTP %i) is good enough',
    async (status) => {
      const vault = await scriptedVault()
      vault.on(state, { status, raw: '<html>no</html>' })
      vault.on(lookUp, { status: 403, json: { errors: ['permission denied'] } })
      await checkServer(testClient(vault.address, { maxRetries: 0 }))
      expect(vault.calls()).toEqual([lookUp])
    },
  )

  it.each<[string, ScriptedAnswer]>([
    ['is a vault', { json: { type: 'shamir', initialized: true, sealed: false, t: 1 } }],
    ['does not answer this in a namespace', { status: 404, json: { errors: ['unsupported path'] } }],
    ['keeps this to itself', { status: 403, json: { errors: ['permission denied'] } }],
  ])('that %s is good enough', async (_, answer) => {
    await check(answer)
  })
})

describe('a login with a password', () => {
  it('asks for none where no vault answers', async () => {
    const { vault, questions, source } = await tokenWorld('userpass')
    vault.on(state, 'drop')
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect([questions, vault.calls()]).toEqual([[], []])
    expect(source.status().lastError).toMatchObject({ code: 'VAULT_UNREACHABLE' })
  })

  it('asks the server once, and then the person', async () => {
    const { vault, questions, source } = await tokenWorld('userpass')
    await source.login(person)
    expect([vault.stateLooks(), questions.length, vault.calls()]).toEqual([1, 1, [byPassword]])
  })

  it('asks nobody once a logout has overtaken it', async () => {
    const { vault, questions, source } = await tokenWorld('userpass')
    let leaving: Promise<void> | undefined
    vault.on(state, () => {
      leaving = source.logout()
      return { json: { initialized: true, sealed: false } }
    })
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await leaving
    expect([questions, vault.calls()]).toEqual([[], []])
  })
})

it('a login that needs no person is its own check', async () => {
  const { vault, source } = await tokenWorld('approle')
  await source.login(nobody)
  expect(vault.stateLooks()).toBe(0)
})
