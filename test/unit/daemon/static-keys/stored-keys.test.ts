import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { type StubKeychain, stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { staticKeysIn } from '../../../support/static-keys.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519').privateKey
const der = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' })
const blob = publicKeyFromKeyObject(privateKey).blob

let folder: string
let keychain: StubKeychain
beforeEach(() => {
  folder = temporaryFolder()
  keychain = stubKeychain()
})
const index = () => join(folder, 'ssh-keys.json')
const begin = async (clock = fakeClock()) => {
  const keys = staticKeysIn(folder, { keychain, clock })
  await keys.stored.open()
  return keys
}

it('a key is stored with its settings, and is there when the daemon starts again', async () => {
  const before = await begin()
  const bytes = der(privateKey)
  await before.stored.put('mm', { hosts: ['*.example.com'], lifetimeSeconds: 60 }, bytes, 'shared key')
  expect(bytes.every((byte) => byte === 0)).toBe(true)
  expect(await keychain.list()).toEqual(['ssh/key/mm'])
  const keys = await begin()
  expect(keys.agentKeys.identities()).toEqual([{ keyBlob: Buffer.from(blob), comment: 'shared key' }])
  expect(keys.listSettings().hosts).toHaveLength(1)
  expect(await keys.agentKeys.signer(blob)).toBeDefined()
  expect((await keys.stored.prove('mm')).record).toEqual(before.stored.list()[0]!.record)
  expect(keychain.reads.filter((name) => name === 'ssh/key/mm')).toHaveLength(3)
})

it('what is listed has nothing private in it', async () => {
  const keys = await begin()
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  const seed = der(privateKey).subarray(-32)
  const shown = readFileSync(index(), 'latin1') + inspect(keys.stored.list(), { depth: 9 })
  for (const encoding of ['base64', 'hex', 'latin1'] as const) expect(shown).not.toContain(seed.toString(encoding))
})

it('a list and the status open no keychain, and a locked one fails the signature alone', async () => {
  await (await begin()).stored.put('mm', {}, der(privateKey), 'c')
  keychain.lock()
  const keys = await begin()
  expect(keys.agentKeys.identities()).toHaveLength(1)
  expect(keys.stored.error()).toBeUndefined()
  await expect(Promise.resolve(keys.agentKeys.signer(blob))).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  keychain.unlock()
  expect(await keys.agentKeys.signer(blob)).toBeDefined()
})

it('a keychain that refuses a key leaves no trace of it', async () => {
  const keys = await begin()
  keychain.lock()
  await expect(keys.stored.put('mm', {}, der(privateKey), 'c')).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect(existsSync(index())).toBe(false)
  expect(keys.agentKeys.identities()).toEqual([])
})

it('a list that cannot be written takes the key out of the keychain again, or puts the former one back', async () => {
  const keys = await begin()
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  const [former, file] = [await keychain.get('ssh/key/mm'), readFileSync(index(), 'utf8')]
  mkdirSync(join(folder, 'open'))
  // Others could have put a file there, so it is not written.
  chmodSync(folder, 0o777)
  await expect(keys.stored.put('new', {}, der(other), 'c')).rejects.toMatchObject({ code: 'SSH_KEY_INDEX' })
  await expect(keys.stored.put('mm', { lifetimeSeconds: 5 }, der(privateKey), 'c')).rejects.toMatchObject({
    code: 'SSH_KEY_INDEX',
  })
  await expect(keys.stored.remove('mm')).rejects.toMatchObject({ code: 'SSH_KEY_INDEX' })
  chmodSync(folder, 0o700)
  expect(await keychain.list()).toEqual(['ssh/key/mm'])
  expect((await keychain.get('ssh/key/mm'))!.expose()).toBe(former!.expose())
  expect(readFileSync(index(), 'utf8')).toBe(file)
  expect(keys.stored.list()).toHaveLength(1)
})

it('a damaged list is an error that says so; it is not overwritten', async () => {
  for (const text of [
    '{',
    '{"version":2,"keys":[]}',
    '{"version":1,"keys":[{"name":"../x","key":"ssh-ed25519 AAAA"}]}',
    `{"version":1,"keys":[${[1, 2].map(() => JSON.stringify({ name: 'x', key: formatPublicKeyLine(blob, '') })).join()}]}`,
    ' '.repeat(1024 * 1024 + 1),
  ]) {
    writeFileSync(index(), text, { mode: 0o600 })
    const keys = await begin()
    expect(keys.stored.error()).toMatchObject({ code: 'SSH_KEY_INDEX_DAMAGED' })
    for (const change of [
      keys.stored.check('mm', undefined),
      keys.stored.put('mm', {}, der(privateKey), 'c'),
      keys.stored.remove('mm'),
    ])
      await expect(change).rejects.toMatchObject({
        code: 'SSH_KEY_INDEX_DAMAGED',
        hint: expect.stringMatching(/^latchkey ssh keys restore/),
      })
    expect(readFileSync(index(), 'utf8')).toBe(text)
    expect(await keychain.list()).toEqual([])
  }
})

it('a name has one key, and a key one name; the same key under its name gets other settings', async () => {
  const keys = await begin()
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  await keys.agentKeys.signer(blob)
  await expect(keys.stored.put('mm', {}, der(other), 'c')).rejects.toThrow('another static key is called mm')
  await expect(keys.stored.put('nn', {}, der(privateKey), 'c')).rejects.toThrow('stored already, as mm')
  await keys.stored.put('mm', { confirm: 'always' }, der(privateKey), 'c')
  expect(keys.stored.list().map(({ key }) => key.confirm)).toEqual(['always'])
  expect([keys.agentKeys.state('mm').isLoaded, keys.released()]).toEqual([false, 1])
})

it('what is no key, or whose numbers do not belong together, is refused', async () => {
  const keys = await begin()
  const bent = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' })
  // Within the secret number (RFC 5915 §3): OpenSSL goes by the public point, and reads it.
  bent[40] = bent[40]! ^ 1
  for (const bytes of [Buffer.alloc(0), Buffer.from('x'), bent, der(generateKeyPairSync('x25519').privateKey)])
    await expect(keys.stored.put('mm', {}, bytes, 'c')).rejects.toMatchObject({ code: 'SSH_KEY_INVALID' })
  expect(await keychain.list()).toEqual([])
})

it('a file that was changed takes no limit away, and puts no other key in the place of one', async () => {
  await (await begin()).stored.put('mm', { confirm: 'always' }, der(privateKey), 'c')
  writeFileSync(index(), readFileSync(index(), 'utf8').replace(/,\s*"confirm": "always"/, ''))
  const keys = await begin()
  expect(keys.stored.list()[0]!.key.confirm).toBe('never')
  await expect(Promise.resolve(keys.agentKeys.signer(blob))).rejects.toMatchObject({ code: 'SSH_KEY_CHANGED' })
  await expect(keys.stored.prove('mm')).rejects.toMatchObject({ code: 'SSH_KEY_CHANGED' })
})

it('the same key keeps the settings that are not given, and its comment where none is', async () => {
  const keys = await begin()
  await keys.stored.put('mm', { hosts: ['a'], confirm: 'always', lifetimeSeconds: 60 }, der(privateKey), 'shared key')
  const { record } = await keys.stored.put('mm', { lifetimeSeconds: 5 }, der(privateKey), '')
  expect(record).toEqual({
    name: 'mm',
    key: formatPublicKeyLine(blob, 'shared key'),
    hosts: ['a'],
    confirm: 'always',
    lifetimeSeconds: 5,
  })
  const none = { hosts: null, confirm: null, lifetimeSeconds: null }
  expect((await keys.stored.put('mm', none, der(privateKey), 'c')).record).toEqual({
    name: 'mm',
    key: formatPublicKeyLine(blob, 'c'),
  })
})

it('settings that were taken out of the list are kept all the same: the keychain has them', async () => {
  await (await begin()).stored.put('mm', { confirm: 'always' }, der(privateKey), 'c')
  writeFileSync(index(), readFileSync(index(), 'utf8').replace(/,\s*"confirm": "always"/, ''))
  const keys = await begin()
  expect((await keys.stored.put('mm', {}, der(privateKey), 'c')).record.confirm).toBe('always')
})

it('a key that the keychain has and the list has not is never replaced by another one', async () => {
  await (await begin()).stored.put('mm', { confirm: 'always' }, der(privateKey), 'c')
  await keychain.set('ssh/key/odd', new Secret('from a newer latchkey'))
  rmSync(index())
  const keys = await begin()
  for (const call of [
    keys.stored.check('mm', publicKeyFromKeyObject(other).blob),
    keys.stored.put('mm', {}, der(other), 'c'),
  ])
    await expect(call).rejects.toMatchObject({ code: 'SSH_KEY_EXISTS', hint: 'latchkey ssh keys restore' })
  await expect(keys.stored.put('odd', {}, der(other), 'c')).rejects.toMatchObject({ code: 'SSH_KEY_EXISTS' })
  expect(await keychain.list()).toEqual(['ssh/key/mm', 'ssh/key/odd'])
  // The same key comes back as it was.
  expect((await keys.stored.put('mm', {}, der(privateKey), '')).record.confirm).toBe('always')
})

it('a check tells a clash where the public half is known, and a locked keychain', async () => {
  const keys = await begin()
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  await keys.stored.check('mm', undefined)
  await keys.stored.check('mm', blob)
  for (const [name, key] of [
    ['nn', blob],
    ['mm', publicKeyFromKeyObject(other).blob],
  ] as const)
    await expect(keys.stored.check(name, key)).rejects.toMatchObject({
      code: 'SSH_KEY_EXISTS',
      hint: expect.not.stringContaining('remove'),
    })
  keychain.lock()
  await expect(keys.stored.check('mm', undefined)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
})

it('a list that could not be read again is not written', async () => {
  const keys = await begin()
  const long = { hosts: Array.from({ length: 9000 }, (_, n) => `${'h'.repeat(120)}${n}`) }
  await expect(keys.stored.put('mm', long, der(privateKey), 'c')).rejects.toMatchObject({ code: 'SSH_KEY_INDEX' })
  expect([existsSync(index()), await keychain.list()]).toEqual([false, []])
})

it('an item that is gone, or is none, is said to be so', async () => {
  const keys = await begin()
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  await keychain.set('ssh/key/mm', new Secret('not JSON'))
  await expect(keys.stored.prove('mm')).rejects.toMatchObject({ code: 'SSH_KEY_CHANGED' })
  await keychain.delete('ssh/key/mm')
  await expect(keys.stored.prove('mm')).rejects.toMatchObject({ code: 'SSH_KEY_MISSING' })
  await expect(keys.stored.prove('nn')).rejects.toMatchObject({ code: 'SSH_KEY_UNKNOWN' })
})

it('a removed key is out of reach at once, and removed from a locked keychain later', async () => {
  const clock = fakeClock()
  const keys = await begin(clock)
  await keys.stored.put('mm', {}, der(privateKey), 'c')
  await keys.agentKeys.signer(blob)
  keychain.lock()
  await expect(keys.stored.remove('mm')).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect([keys.agentKeys.signer(blob), keys.released()]).toEqual([undefined, 1])
  keychain.unlock()
  clock.advance(60_000)
  await expect.poll(() => keychain.list()).toEqual([])
  await expect(keys.stored.remove('mm')).rejects.toMatchObject({ code: 'SSH_KEY_UNKNOWN' })
})

it('what a crash has left in the keychain is named, and can be removed', async () => {
  await keychain.set('ssh/key/lost', new Secret('{}'))
  const keys = await begin()
  expect(await keys.stored.strays()).toEqual(['lost'])
  await keys.stored.remove('lost')
  expect(await keys.stored.strays()).toEqual([])
})

it('the stores and the settings of lists are the same objects until a key comes or goes', async () => {
  const keys = await begin()
  const [stores, settings] = [keys.stores(), keys.listSettings()]
  expect([keys.stores(), keys.listSettings()]).toEqual([stores, settings])
  expect(keys.stores()).toBe(stores)
  expect(keys.listSettings()).toBe(settings)
  await keys.stored.put('mm', { hosts: ['a'] }, der(privateKey), 'c')
  expect(keys.stores()).toBe(stores)
  expect(keys.listSettings()).not.toBe(settings)
})
