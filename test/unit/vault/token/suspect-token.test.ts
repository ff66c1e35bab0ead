import { describe, expect, it } from 'vitest'
import {
  auth,
  byPassword,
  byRole,
  denied,
  invalid,
  looked,
  lookUp,
  rejected,
  revoke,
  sealed,
  sign,
  signed,
  tokensOf,
  tokenWorld,
} from '../../../support/token-world.ts'
import type { Script } from '../../../support/vault-http.ts'
import { nobody, person, tokenOf, until } from '../../../support/vault-world.ts'

const refused = {
  code: 'VAULT_LOGIN_NEEDED',
  message: 'vault corp: the server refuses the token: login needed, or this network is not allowed',
  hint: expect.stringContaining('run: latchkey login corp'),
}
/** Answers what is sent with this token so, and all else well. */
const only =
  (token: string, answer: Script): Script =>
  (request) => {
    if (request.headers['x-vault-token'] !== token) return signed
    return typeof answer === 'function' ? answer(request) : answer
  }

/** A person is logged in, and the server refuses the token in the words that it has for a dead one. */
async function suspect() {
  const all = await tokenWorld('userpass')
  await all.source.login(person)
  all.vault.on(sign, rejected)
  all.vault.on(lookUp, rejected)
  await expect(all.use()).rejects.toMatchObject(refused)
  return all
}

describe('a token that may be dead, or not allowed from here', () => {
  it('is kept, is not shown as a login, and asks for no password', async () => {
    const { vault, keychain, questions, source } = await suspect()
    expect(keychain.items.get('vault/corp/token')).toContain('hvs.first')
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: refused })
    expect(source.status().expiresAtMs).toBeUndefined()
    expect(questions).toHaveLength(1)
    expect(vault.calls()).toEqual([byPassword, sign, lookUp])
  })

  it('is tried again by a use once five seconds have passed, not by each, and is then as good as before', async () => {
    const { vault, clock, source, use } = await suspect()
    clock.advance(4999)
    await expect(use()).rejects.toMatchObject(refused)
    expect(vault.requests).toHaveLength(3)
    clock.advance(1)
    await expect(use()).rejects.toMatchObject(refused)
    await expect(use()).rejects.toMatchObject(refused)
    expect(vault.calls().slice(3)).toEqual([sign])
    vault.on(sign, signed)
    clock.advance(5000)
    await use()
    await use()
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: clock.now() + 3_590_000 })
    expect(vault.calls().slice(3)).toEqual([sign, sign, sign])
  })

  it('is tried again in the background, after growing pauses', async () => {
    const { vault, lines, source, calledAfter } = await suspect()
    source.start()
    await calledAfter(4999, 3)
    await calledAfter(1, 4)
    await calledAfter(5000, 5)
    vault.on(lookUp, looked())
    await calledAfter(5000, 6)
    expect(vault.calls().slice(3)).toEqual([lookUp, lookUp, lookUp])
    expect(source.status()).toMatchObject({ state: 'logged-in' })
    expect(source.status().lastError).toBeUndefined()
    expect(lines.filter((line) => line.startsWith('info: the vault token'))).toEqual([
      expect.stringMatching(/^info: the vault token is suspect vault=corp reason=./),
      'info: the vault token is accepted again vault=corp',
    ])
  })

  it('that may not look itself up is known by that to be accepted', async () => {
    const { vault, source, calledAfter } = await suspect()
    vault.on(lookUp, denied)
    source.start()
    await calledAfter(5000, 4)
    expect(source.status()).toMatchObject({ state: 'logged-in' })
  })

  it.each([
    ['a use', async ({ use }: Awaited<ReturnType<typeof suspect>>) => void (await use().catch(() => {}))],
    [
      'the background',
      async ({ clock, source }: Awaited<ReturnType<typeof suspect>>) => {
        source.start()
        clock.advance(0)
      },
    ],
  ])('is dropped on the word of the server, said to %s', async (_, tries) => {
    const all = await suspect()
    all.vault.on(sign, invalid)
    all.vault.on(lookUp, invalid)
    all.clock.advance(5000)
    await tries(all)
    await until(() => all.keychain.items.size === 0)
    await all.settled()
    await expect(all.use()).rejects.toMatchObject({ message: expect.stringMatching(/not logged in|has ended/) })
  })

  it('is dropped at its end', async () => {
    const { clock, vault, use } = await suspect()
    clock.advance(3600_000)
    await expect(use()).rejects.toMatchObject({ message: expect.stringContaining('has expired') })
    expect(vault.requests).toHaveLength(3)
  })

  it('gives way to a login, and is revoked then', async () => {
    const { vault, source, use, settled } = await suspect()
    await source.login(person)
    vault.on(sign, signed)
    await use()
    await settled()
    expect(vault.calls().slice(3).sort()).toEqual([byPassword, revoke, sign].sort())
    expect(source.status().state).toBe('logged-in')
  })

  it('is kept when it cannot be looked up, and nothing is said of a login', async () => {
    const { vault, source, use } = await tokenWorld('userpass')
    await source.login(person)
    vault.on(sign, rejected)
    vault.on(lookUp, { status: 403, raw: '<html>' })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
    expect(source.status().state).toBe('logged-in')
  })
})

describe('a token of a login that needs no person, when it may be dead', () => {
  it('is replaced at once by a new login, and the use goes on', async () => {
    const { vault, source, use, settled } = await tokenWorld('approle')
    await use()
    vault.on(sign, only('hvs.first', rejected))
    vault.on(lookUp, rejected)
    await use()
    await settled()
    expect(tokensOf(vault)).toContain('hvs.second')
    expect(vault.calls().filter((call) => call === revoke)).toHaveLength(1)
    expect(source.status().state).toBe('logged-in')
  })

  it('is kept while the login is refused too, and used again when the network is an allowed one', async () => {
    const { vault, clock, source, use } = await tokenWorld('approle')
    await use()
    vault.on(sign, rejected)
    vault.on(lookUp, rejected)
    vault.on(byRole, { status: 400, json: { errors: ['invalid role or secret ID'] } })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    expect(source.status().state).toBe('logged-out')
    vault.on(sign, signed)
    clock.advance(5000)
    // The secret id was good for one login, but the token lives.
    await use()
    expect(source.status().state).toBe('logged-in')
    expect(tokensOf(vault).at(-1)).toBe('hvs.first')
  })

  it('recovers in the background, whatever had failed', async () => {
    const { vault, source, use, calledAfter } = await tokenWorld('approle')
    vault.on(byRole, sealed, sealed, auth('hvs.first'))
    source.start()
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await calledAfter(1000, 2)
    await calledAfter(2000, 3)
    expect(source.status().state).toBe('logged-in')
  })
})

describe('a found token that may be dead', () => {
  const file = '/home/jo/.vault-token'
  const found = async () => {
    const all = await tokenWorld('token')
    all.files.set(file, 'hvs.found')
    all.vault.on(sign, only('hvs.found', rejected))
    all.vault.on(lookUp, rejected)
    await expect(all.use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringMatching(/refuses the token from \/home\/jo\/.vault-token: login needed, or/),
      hint: expect.stringContaining('run: vault login'),
    })
    return all
  }

  it('is not shown as a login, and is tried at once where a person wants that', async () => {
    const { vault, source } = await found()
    expect(source.status()).toMatchObject({ state: 'logged-out', lastError: { code: 'VAULT_LOGIN_NEEDED' } })
    vault.on(lookUp, looked())
    expect(await source.login(nobody)).toMatchObject({ displayName: 'token-jo' })
    expect(source.status().state).toBe('logged-in')
  })

  it.each([
    ['suspect', rejected],
    ['invalid', invalid],
  ])('has given way to the one that came while it was found %s', async (_, answer) => {
    const { vault, files, lines, source, settled, calledAfter } = await found()
    vault.on(lookUp, () => {
      files.set(file, 'hvs.new')
      return answer
    })
    source.start()
    await settled()
    await calledAfter(5000, 3)
    expect(source.status()).toEqual({ state: 'logged-in' })
    expect((await tokenOf(source)).expose()).toBe('hvs.new')
    expect(lines.join()).not.toContain('taken again')
  })

  it('is tried again', async () => {
    const { vault, clock, source, use } = await found()
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(vault.requests).toHaveLength(2)
    vault.on(sign, signed)
    clock.advance(5000)
    await use()
    expect(source.status().state).toBe('logged-in')
  })

  it('gives way to another at once', async () => {
    const { vault, files, source, use } = await found()
    files.set(file, 'hvs.new')
    await use()
    expect(tokensOf(vault).at(-1)).toBe('hvs.new')
    expect(source.status().state).toBe('logged-in')
  })
})

describe('a token that another login has followed', () => {
  it('is revoked, so that three logins leave one token alive', async () => {
    const { vault, source, settled } = await tokenWorld('userpass')
    for (let login = 1; login <= 3; login += 1) await source.login(person)
    await settled()
    const revoked = vault.requests.filter(({ path }) => path.endsWith('revoke-self'))
    expect(revoked.map(({ headers }) => headers['x-vault-token'])).toEqual(['hvs.first', 'hvs.second'])
    expect(await tokenOf(source).then((token) => token.expose())).toBe('hvs.third')
  })

  it('is revoked too when it was stored before a restart; a failure to revoke it is no failure of the login', async () => {
    const { vault, lines, source, newSource, settled } = await tokenWorld('userpass')
    await source.login(person)
    vault.on(revoke, sealed)
    await newSource().login(person)
    await settled()
    expect(vault.calls()).toEqual([byPassword, byPassword, revoke])
    expect(lines).toContainEqual(expect.stringMatching(/^warn: a former vault token is not revoked/))
  })

  it.each<[string, object, number]>([
    ['is a batch token', { token_type: 'batch' }, 0],
    ['is over', { lease_duration: 1 }, 1000],
  ])('is left alone where it %s', async (_, fields, ms) => {
    const { vault, clock, source, settled } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first', fields), auth('hvs.second'))
    await source.login(person)
    clock.advance(ms)
    await source.login(person)
    await settled()
    expect(vault.calls()).toEqual([byPassword, byPassword])
  })
})

it('a found token that its owner has replaced is not renewed', async () => {
  const { vault, files, source, calledAfter } = await tokenWorld('token')
  const file = '/home/jo/.vault-token'
  files.set(file, 'hvs.found')
  source.start()
  await until(() => source.status().state === 'logged-in')
  await calledAfter(60_000, 1)
  files.set(file, 'hvs.new')
  await calledAfter(2_400_000, 1)
  await calledAfter(60_000, 2)
  expect(vault.calls()).toEqual([lookUp, lookUp])
  expect(tokensOf(vault)).toEqual(['hvs.found', 'hvs.new'])
})

it('what is found out about a found token is not applied to the one that has replaced it', async () => {
  const { vault, files, source, use, calledAfter } = await tokenWorld('token')
  const file = '/home/jo/.vault-token'
  files.set(file, 'hvs.found')
  vault.on(lookUp, async () => {
    files.set(file, 'hvs.new')
    await use()
    return looked()
  })
  source.start()
  await until(() => source.status().state === 'logged-in')
  await calledAfter(60_000, 2)
  expect(source.status()).toEqual({ state: 'logged-in' })
  expect(tokensOf(vault)).toEqual(['hvs.found', 'hvs.new'])
})
