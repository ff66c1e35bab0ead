import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../../../src/core/files/read-file.ts'
import { KeychainError } from '../../../../src/keychain/keychain.ts'
import { approle } from '../../../../src/vault/login/approle.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recorded, refusal } from '../../../support/vault-answers.ts'
import { type ScriptedVault, scriptedVault } from '../../../support/vault-http.ts'
import { forToken, loginContext, recordingLog, testClient, testKeychain, until } from '../../../support/vault-world.ts'

const granted = recorded('approle', 'login')
const refused = recorded('approle', 'secret id used up')
const lookedUp = recorded('approle', 'wrapping/lookup with the wrapping token')
const unwrapped = recorded('approle', 'unwrap')
const usedUp = recorded('approle', 'unwrap twice')
const login = 'POST auth/approle/login'
const lookup = 'POST sys/wrapping/lookup'
const unwrap = 'POST sys/wrapping/unwrap'
const file = '/etc/secret-id'
const secretId = '41573565-58eb-d7e8-dd1f-937dfa8363fd'

async function world(options: { secret_id_file?: undefined; wrapped?: boolean } = {}) {
  const vault = await scriptedVault()
  const files = new Map([[file, 's.wrappingtoken\n']])
  const keychain = testKeychain()
  const { log, lines } = recordingLog()
  const clock = fakeClock()
  const context = loginContext(testClient(vault.address), {
    clock,
    keychain,
    log,
    readText: async (path: string) => {
      const text = files.get(path)
      if (text === 'untrusted') throw new FileError('FILE_UNTRUSTED', 'not safe', { hint: 'chmod' })
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return text
    },
  })
  const start = () => {
    const auth = { method: 'approle', role_id: 'role-1', secret_id_file: file, ...options } as const
    return forToken(approle.create(auth, context))
  }
  return { vault, files, clock, keychain, lines, method: start(), restarted: start }
}

describe('a login by AppRole', () => {
  it('names a file that it does not read, and how to mend that', async () => {
    const { files, method, vault } = await world()
    files.set(file, 'untrusted')
    await expect(method.login(false)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      message: 'not safe',
      hint: 'chmod',
    })
    expect(vault.requests).toEqual([])
  })

  it('sends the role id and the secret id, read from its file each time', async () => {
    const { vault, files, method } = await world()
    vault.on(login, granted)
    await method.login(false)
    files.set(file, ' second \n')
    const { lease } = await method.login(false)
    expect(vault.requests.map(({ body }) => body)).toEqual([
      { role_id: 'role-1', secret_id: 's.wrappingtoken' },
      { role_id: 'role-1', secret_id: 'second' },
    ])
    expect(lease).toMatchObject({ displayName: 'approle', leaseSeconds: 1200, isRenewable: true })
    expect(method.isUnattended).toBe(true)
  })

  it('with a token in place of the secret id says so when it is refused, and only then', async () => {
    const { vault, files, clock, method } = await world()
    vault.on(login, refused)
    for (const token of ['hvs.CAESIJ2b1Qn8C7r0example', 's.Stj9eeQxsk8tyq4coPBkcSsk']) {
      files.set(file, token)
      await expect(method.login(false)).rejects.toMatchObject({
        code: 'VAULT_LOGIN_FAILED',
        message: expect.stringContaining('holds is a token'),
        hint: expect.stringContaining('wrapped = true'),
      })
    }
    files.set(file, secretId)
    await expect(method.login(false)).rejects.toMatchObject({ message: expect.stringContaining('is not valid') })
    vault.on(login, granted)
    files.set(file, 's.Stj9eeQxsk8tyq4coPBkcSsk')
    clock.advance(300_000)
    await method.login(false)
  })

  it('for a role without secret ids sends the role id alone', async () => {
    const { vault, method } = await world({ secret_id_file: undefined })
    vault.on(login, granted)
    await method.login(false)
    expect(vault.requests[0]!.body).toEqual({ role_id: 'role-1' })
  })

  it('may give a batch token', async () => {
    const { vault, method } = await world()
    vault.on(login, recorded('approle', 'login that gives a batch token'))
    expect((await method.login(false)).lease).toMatchObject({ isBatch: true, isRenewable: false, leaseSeconds: 600 })
  })

  it('that was refused is not sent again at once, but for a person, and with a new secret id', async () => {
    const { vault, files, method } = await world()
    vault.on(login, refused)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    expect(vault.requests).toHaveLength(1)
    await expect(method.login(true)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    expect(vault.requests).toHaveLength(2)
    files.set(file, 'new')
    vault.on(login, granted)
    await method.login(false)
    expect(vault.requests).toHaveLength(3)
  })

  it('with a wrong secret is sent again after five minutes: more often would lock the role', async () => {
    const { vault, clock, method } = await world()
    vault.on(login, refused, granted)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    clock.advance(299_999)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    clock.advance(1)
    await method.login(false)
    expect(vault.requests).toHaveLength(2)
  })

  it.each([
    ['an address that is not bound yet', refusal('AppRole from an address that is not bound'), 'VAULT_LOGIN_LOCKED'],
    ['a lock by others', { status: 403, json: { errors: ['permission denied'] } }, 'VAULT_LOGIN_LOCKED'],
  ])('that %s refuses is sent again after growing pauses', async (_, answer, code) => {
    const { vault, clock, method } = await world()
    vault.on(login, answer, answer, answer, granted)
    const pausesMs: number[] = []
    const isIn = async () => (await method.login(false).catch((error: unknown) => error)) as { code?: string }
    for (let sentMs = clock.uptime(); vault.requests.length < 4; clock.advance(500)) {
      const count = vault.requests.length
      const outcome = await isIn()
      if (vault.requests.length === count) continue
      expect(outcome.code).toBe(vault.requests.length < 4 ? code : undefined)
      pausesMs.push(clock.uptime() - sentMs)
      sentMs = clock.uptime()
    }
    expect(pausesMs).toEqual([0, 1000, 1000, 2000])
  })

  it('that a proxy refuses is sent again at once: the server has said nothing', async () => {
    const { vault, method } = await world()
    vault.on(login, { status: 403, raw: '<html>blocked</html>' }, granted)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
    await method.login(false)
  })

  it('that worked for a person clears the failures before it', async () => {
    const { vault, method } = await world()
    vault.on(login, refused, granted)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await method.login(true)
    await method.login(false)
    expect(vault.requests).toHaveLength(3)
  })

  it('that failed for a moment is sent again', async () => {
    const { vault, method } = await world()
    vault.on(login, { status: 503, json: { errors: ['Vault is sealed'] } }, granted)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await expect(method.login(false)).resolves.toBeDefined()
  })

  it.each([
    ['is missing', undefined, 'cannot be read: ENOENT'],
    ['is empty', ' \n', 'is empty'],
  ])('whose file %s says so', async (_, content, message) => {
    const { files, method } = await world()
    if (content === undefined) files.delete(file)
    else files.set(file, content)
    await expect(method.login(false)).rejects.toMatchObject({
      code: 'VAULT_SECRET_MISSING',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(file),
    })
  })
})

describe('a wrapped secret id', () => {
  const wrapped = async () => {
    const all = await world({ wrapped: true })
    script(all.vault)
    return all
  }
  const script = (vault: ScriptedVault) => {
    vault.on(lookup, lookedUp)
    vault.on(unwrap, unwrapped)
    vault.on(login, granted)
  }

  it('is looked up, opened with its own token, and used', async () => {
    const { vault, method } = await wrapped()
    await method.login(false)
    expect(vault.calls()).toEqual([lookup, unwrap, login])
    expect(vault.requests[0]!.body).toEqual({ token: 's.wrappingtoken' })
    expect(vault.requests[1]!.headers['x-vault-token']).toBe('s.wrappingtoken')
    expect(vault.requests[2]!.body).toEqual({ role_id: 'role-1', secret_id: secretId })
  })

  it('is opened once: what was in it is used again until it is used up', async () => {
    const { vault, method } = await wrapped()
    await method.login(false)
    await method.login(false)
    expect(vault.calls()).toEqual([lookup, unwrap, login, login])
  })

  it('is not lost when the login after opening it fails for a moment', async () => {
    const { vault, method } = await wrapped()
    vault.on(login, { status: 502 }, granted)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    await method.login(false)
    expect(vault.calls()).toEqual([lookup, unwrap, login, login])
  })

  it('that someone else opened is a security matter', async () => {
    const { vault, method } = await wrapped()
    vault.on(lookup, usedUp)
    await expect(method.login(false)).rejects.toMatchObject({
      code: 'VAULT_WRAPPING_TOKEN_INVALID',
      message: expect.stringMatching(/security: .*\/etc\/secret-id was already opened by someone else/),
      hint: expect.stringContaining('audit log'),
    })
    expect(vault.calls()).toEqual([lookup])
  })

  it('that was not wrapped by the role is not opened', async () => {
    const { vault, method } = await wrapped()
    vault.on(lookup, recorded('approle', 'its creation path gives it away'))
    await expect(method.login(false)).rejects.toMatchObject({
      code: 'VAULT_WRAPPING_TOKEN_INVALID',
      message: expect.stringContaining('"sys/wrapping/wrap"'),
    })
    expect(vault.calls()).toEqual([lookup])
  })

  it.each([
    ['auth/approle/role/ci/custom-secret-id', true],
    ['auth/approle/role/ci/role-id', false],
    ['auth/approle/role//secret-id', false],
    ['auth/approle/role/ci/secret-id/lookup', false],
    ['auth/other/role/ci/secret-id', false],
    [undefined, false],
  ])('made at %s is used: %s', async (creation_path, isUsed) => {
    const { vault, method } = await wrapped()
    vault.on(lookup, { json: { data: { creation_path } } })
    await method.login(false).catch(() => {})
    expect(vault.calls().includes(unwrap)).toBe(isUsed)
  })

  it('that we opened ourselves before a restart is not called stolen', async () => {
    const { vault, method, restarted } = await wrapped()
    await method.login(false)
    vault.on(lookup, usedUp)
    await expect(restarted().login(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining('was already opened here'),
      hint: expect.stringContaining('-wrap-ttl'),
    })
  })

  it('whose answer got lost is known to have been opened here', async () => {
    const { vault, method } = await wrapped()
    vault.on(unwrap, 'drop')
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' })
    vault.on(lookup, usedUp)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(vault.calls().filter((call) => call === unwrap)).toHaveLength(1)
  })

  it('that is used up asks for a new one', async () => {
    const { vault, files, method } = await wrapped()
    await method.login(false)
    vault.on(login, refused)
    vault.on(lookup, usedUp)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await expect(method.login(true)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    files.set(file, 's.newwrapping')
    script(vault)
    await method.login(false)
    expect(vault.requests.at(-1)!.body).toMatchObject({ secret_id: secretId })
  })

  it('is opened even when the keychain is locked', async () => {
    const { keychain, lines, method } = await wrapped()
    keychain.failure = new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')
    await method.login(false)
    expect(lines).toContainEqual(expect.stringMatching(/^warn: .*the keychain is locked/))
  })

  it('is remembered as opened here once the keychain that was locked answers again', async () => {
    const { vault, keychain, method, restarted } = await wrapped()
    keychain.failure = new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')
    await method.login(false)
    keychain.failure = undefined
    await keychain.get('another item')
    await until(() => keychain.items.size > 0)
    vault.on(lookup, usedUp)
    await expect(restarted().login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  })

  it('that is used up is not called stolen, though the keychain could not note that it was opened here', async () => {
    const { vault, keychain, method } = await wrapped()
    keychain.failure = new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')
    await method.login(false)
    vault.on(login, refused)
    vault.on(lookup, usedUp)
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await expect(method.login(true)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  })

  it('that holds something else is a bad response', async () => {
    const { vault, method } = await wrapped()
    vault.on(unwrap, { json: { data: { other: 'x' } } })
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  })

  it('that is not wrapped at all is not a security matter, and is not sent', async () => {
    const { vault, files, method } = await wrapped()
    files.set(file, `${secretId}\n`)
    await expect(method.login(false)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      message: '/etc/secret-id holds a secret id that is not wrapped',
      hint: expect.stringContaining('take wrapped out of auth'),
    })
    expect(vault.requests).toEqual([])
  })

  it('that is no token is not sent', async () => {
    const { vault, files, method } = await wrapped()
    files.set(file, 'two words')
    await expect(method.login(false)).rejects.toMatchObject({ code: 'VAULT_CONFIG' })
    expect(vault.requests).toEqual([])
  })

  it('is in no error, log line or keychain item, and neither is what was in it', async () => {
    const { vault, keychain, lines, method } = await wrapped()
    await method.login(false)
    vault.on(login, ({ body }) => ({ status: 400, json: { errors: [JSON.stringify(body)] } }))
    const error: unknown = await method.login(false).catch((thrown: unknown) => thrown)
    const shown = inspect([error, lines, keychain.items], { depth: 9, showHidden: true })
    expect(shown).toContain('[redacted]')
    expect(shown).not.toContain('s.wrappingtoken')
    expect(shown).not.toContain(secretId)
  })
})
