import { describe, expect, it } from 'vitest'
import { auth, byPassword, tokenWorld } from '../../../support/token-world.ts'
import { person, tokenOf } from '../../../support/vault-world.ts'

const as = (token: string, entity: string, metadata: object = {}) => auth(token, { entity_id: entity, metadata })

describe('the login that a token came from', () => {
  it.each([
    ['the same entity and role', as('hvs.b', 'e1', { role_name: 'ops' }), true],
    ['another entity', as('hvs.b', 'e2', { role_name: 'ops' }), false],
    ['another role of the entity', as('hvs.b', 'e1', { role_name: 'admin' }), false],
    ['no entity', as('hvs.b', ''), false],
  ])('is present after a login of %s: %s', async (_, next, isPresent) => {
    const { vault, source } = await tokenWorld('userpass')
    vault.on(byPassword, as('hvs.a', 'e1', { role_name: 'ops' }), next)
    await source.login(person)
    const token = await tokenOf(source)
    expect(source.isOfPresentLogin({ token })).toBe(true)
    await source.login(person)
    expect(source.isOfPresentLogin({ token })).toBe(isPresent)
  })

  it('is another one for each of two tokens without an entity: nothing says that they have one owner', async () => {
    const { vault, source } = await tokenWorld('userpass')
    vault.on(byPassword, as('hvs.a', ''), as('hvs.b', ''))
    await source.login(person)
    const token = await tokenOf(source)
    expect(source.isOfPresentLogin({ token })).toBe(true)
    await source.login(person)
    expect(source.isOfPresentLogin({ token })).toBe(false)
  })

  it('is present while nothing else is known: after a logout, and where the file is gone', async () => {
    const { source } = await tokenWorld('userpass')
    await source.login(person)
    const token = await tokenOf(source)
    await source.logout()
    expect(source.isOfPresentLogin({ token })).toBe(true)
  })

  it('survives a restart with the token that was stored', async () => {
    const { vault, source, newSource } = await tokenWorld('userpass')
    vault.on(byPassword, as('hvs.a', 'e1'), as('hvs.b', 'e1'))
    await source.login(person)
    const restarted = newSource()
    const token = await tokenOf(restarted)
    expect(restarted.isOfPresentLogin({ token })).toBe(true)
    await restarted.login(person)
    expect(restarted.isOfPresentLogin({ token })).toBe(true)
  })
})

describe('checking a token that others look after', () => {
  const file = '/home/jo/.vault-token'

  it('finds another one, once a second at most, and says so', async () => {
    const { files, clock, source } = await tokenWorld('token')
    let replaced = 0
    source.onReplaced(() => {
      replaced += 1
    })
    files.set(file, 'hvs.a')
    const token = await tokenOf(source)
    const first = source.look()
    expect(first).toBeInstanceOf(Promise)
    await first
    expect(replaced).toBe(0)
    files.set(file, 'hvs.b')
    expect(source.look()).toBeUndefined()
    expect(source.isOfPresentLogin({ token })).toBe(true)
    clock.advance(1000)
    await Promise.all([source.look(), source.look()])
    expect(source.isOfPresentLogin({ token })).toBe(false)
    expect(replaced).toBe(1)
    files.delete(file)
    clock.advance(1000)
    await source.look()
    expect([replaced, source.status().state]).toEqual([1, 'logged-in'])
  })

  it('is none after a logout, and where the token is of our own login', async () => {
    const { files, source } = await tokenWorld('token')
    files.set(file, 'hvs.a')
    const token = await tokenOf(source)
    await source.logout()
    files.set(file, 'hvs.b')
    await source.look()
    expect([source.isOfPresentLogin({ token }), source.status().state]).toEqual([true, 'logged-out'])
    expect((await tokenWorld('approle')).source.look()).toBeUndefined()
  })
})
