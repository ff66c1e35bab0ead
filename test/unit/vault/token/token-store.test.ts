import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { KeychainError } from '../../../../src/keychain/keychain.ts'
import { createTokenStore } from '../../../../src/vault/token/token-store.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recordingLog, testKeychain } from '../../../support/vault-world.ts'

const grant = {
  token: new Secret('hvs.secret'),
  lease: {
    displayName: 'userpass-jo',
    policies: ['default'],
    owner: 'e1/',
    grantedAtMs: fakeClock().now(),
    leaseSeconds: 3600,
    isRenewable: true,
    isLimited: false,
    isBatch: false,
  },
}
const locked = new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')

function world() {
  const keychain = testKeychain()
  const { log, lines } = recordingLog()
  const store = (madeFor = 'https://vault userpass jo') =>
    createTokenStore({ keychain, vault: 'corp', madeFor, clock: fakeClock(), log })
  return { keychain, lines, store }
}

describe('a stored token', () => {
  it('comes back as it was, after a restart too', async () => {
    const { keychain, store } = world()
    await store().save(grant)
    expect([...keychain.items.keys()]).toEqual(['vault/corp/token'])
    const loaded = await store().load()
    expect(loaded?.token.expose()).toBe('hvs.secret')
    expect(loaded?.lease).toEqual(grant.lease)
  })

  it('of another server or user is not given to this one', async () => {
    const { lines, store } = world()
    await store().save(grant)
    expect(await store('https://other userpass jo').load()).toBeUndefined()
    expect(lines).toEqual(['info: the stored vault token belongs to another server or user vault=corp'])
  })

  it('that cannot be read is left out with a warning that does not show it', async () => {
    const { keychain, lines, store } = world()
    for (const text of ['{', '{"token":"hvs.secret"}', JSON.stringify({ version: 2, token: 'hvs.secret' })]) {
      keychain.items.set('vault/corp/token', text)
      expect(await store().load()).toBeUndefined()
    }
    const warning = 'warn: the stored vault token cannot be read and is ignored vault=corp'
    expect(lines).toEqual([warning, warning, warning])
    expect(lines.join()).not.toContain('hvs.secret')
  })

  it('is forgotten', async () => {
    const { keychain, store } = world()
    await store().save(grant)
    await store().forget()
    expect(keychain.items.size).toBe(0)
  })
})

describe('a slow keychain', () => {
  it('is read once for all who ask meanwhile, and again after that', async () => {
    const { keychain, store } = world()
    const one = store()
    await one.save(grant)
    let reads = 0
    const { get } = keychain
    keychain.get = (name) => {
      reads += 1
      return get(name)
    }
    const [first, second] = await Promise.all([one.load(), one.load()])
    expect([first === second, reads]).toEqual([true, 1])
    await one.load()
    expect(reads).toBe(2)
  })
})

describe('a keychain that is locked', () => {
  it('is an error, not a missing token', async () => {
    const { keychain, store } = world()
    keychain.failure = locked
    await expect(store().load()).rejects.toBe(locked)
  })

  it('keeps a token in memory, with a warning and the reason for the status, until it works again', async () => {
    const { keychain, lines, store } = world()
    const one = store()
    keychain.failure = locked
    await one.save(grant)
    expect(lines).toEqual([expect.stringMatching(/^warn: .*memory only.*locked/)])
    expect(inspect(lines)).not.toContain('hvs.secret')
    expect(one.lastError()).toBe(locked)
    keychain.failure = undefined
    await one.save(grant)
    expect(one.lastError()).toBeUndefined()
  })

  it('is reported while reading fails, and no longer once something has been written', async () => {
    const { keychain, store } = world()
    const one = store()
    keychain.failure = locked
    await expect(one.load()).rejects.toBe(locked)
    expect(one.lastError()).toBe(locked)
    keychain.failure = undefined
    await one.save(grant)
    expect(one.lastError()).toBeUndefined()
  })

  it('gets the token once it can be read again, without anyone doing anything', async () => {
    const { keychain, store } = world()
    const one = store()
    keychain.failure = locked
    await one.save(grant)
    keychain.failure = undefined
    await keychain.get('anything')
    expect((await store().load())?.token.expose()).toBe('hvs.secret')
    expect(one.lastError()).toBeUndefined()
  })

  it('loses a token that was forgotten meanwhile, once it can be read again', async () => {
    const { keychain, store } = world()
    const one = store()
    await one.save(grant)
    keychain.failure = locked
    await expect(one.forget()).rejects.toBe(locked)
    expect(one.lastError()).toBe(locked)
    keychain.failure = undefined
    await keychain.get('anything')
    expect(await store().load()).toBeUndefined()
    expect(keychain.items.size).toBe(0)
    expect(one.lastError()).toBeUndefined()
  })
})
