import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { type StubKeychain, stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { staticKeysIn } from '../../../support/static-keys.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const [one, two] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
const der = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' })
const blobOf = (key: KeyObject) => publicKeyFromKeyObject(key).blob
const nothing = { restored: [], unreadable: [], missing: [], repeated: [], formerIndex: undefined }

let folder: string
let keychain: StubKeychain
const index = () => join(folder, 'ssh-keys.json')
const begin = async () => {
  const keys = staticKeysIn(folder, { keychain })
  await keys.stored.open()
  return keys
}
const records = (keys: Awaited<ReturnType<typeof begin>>) => keys.stored.list().map(({ record }) => record)
/** Two keys, in this order. */
const stored = async () => {
  const keys = await begin()
  await keys.stored.put('mm', { hosts: ['a'], confirm: 'always' }, der(one), 'c')
  await keys.stored.put('aa', {}, der(two), 'c')
  return keys
}
beforeEach(() => {
  folder = temporaryFolder()
  keychain = stubKeychain()
})

it('a list that is lost is made anew of what the keychain has, settings included', async () => {
  const before = records(await stored())
  rmSync(index())
  const keys = await begin()
  expect(await keys.stored.strays()).toEqual(['aa', 'mm'])
  expect(await keys.stored.restore()).toEqual({ ...nothing, restored: ['aa', 'mm'] })
  expect(records(keys).toSorted((a, b) => b.name.localeCompare(a.name))).toEqual(before)
  expect(await keys.agentKeys.signer(blobOf(one))).toBeDefined()
  expect(records(await begin())).toEqual(records(keys))
})

it('a damaged list is kept under another name, each time', async () => {
  await stored()
  for (const name of ['ssh-keys.json.damaged', 'ssh-keys.json.damaged-2']) {
    writeFileSync(index(), `not a list: ${name}`)
    const keys = await begin()
    expect(await keys.stored.restore()).toMatchObject({ restored: ['aa', 'mm'], formerIndex: join(folder, name) })
    expect(readFileSync(join(folder, name), 'utf8')).toBe(`not a list: ${name}`)
    expect(keys.stored.error()).toBeUndefined()
    await keys.stored.remove('aa')
    await keys.stored.put('aa', {}, der(two), 'c')
  }
})

it('an entry that was edited is as the keychain has it again; the others stay in memory', async () => {
  await stored()
  writeFileSync(index(), readFileSync(index(), 'utf8').replace(/,\s*"confirm": "always"/, ''))
  const keys = await begin()
  await keys.agentKeys.signer(blobOf(two))
  expect(await keys.stored.restore()).toEqual({ ...nothing, restored: ['mm'] })
  expect(keys.stored.list()[0]!.key.confirm).toBe('always')
  expect([keys.agentKeys.state('aa').isLoaded, keys.agentKeys.state('mm').isLoaded]).toEqual([true, false])
  expect(await keys.stored.restore()).toEqual(nothing)
})

it('what only the list has stays listed: it may be in another keychain, or in a locked one', async () => {
  const keys = await stored()
  const before = records(keys)
  keychain = stubKeychain()
  const later = await begin()
  expect(await later.stored.restore()).toEqual({ ...nothing, missing: ['mm', 'aa'] })
  expect(records(later)).toEqual(before)
})

it('a locked keychain changes nothing', async () => {
  await stored()
  writeFileSync(index(), '{')
  const keys = await begin()
  keychain.lock()
  await expect(keys.stored.restore()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect([readFileSync(index(), 'utf8'), existsSync(`${index()}.damaged`)]).toEqual(['{', false])
  keychain.unlock()
  expect(await keys.stored.restore()).toMatchObject({ restored: ['aa', 'mm'] })
})

it('what is no key, or not the one that it says, is left alone and named', async () => {
  const keys = await stored()
  const item = (await keychain.get('ssh/key/mm'))!.expose()
  await keychain.set('ssh/key/other-name', new Secret(item))
  await keychain.set('ssh/key/odd', new Secret('{}'))
  const swapped = JSON.parse(item)
  swapped.record = { ...swapped.record, name: 'swapped', key: formatPublicKeyLine(blobOf(two), 'c') }
  await keychain.set('ssh/key/swapped', new Secret(JSON.stringify(swapped)))
  expect(await keys.stored.restore()).toEqual({ ...nothing, unreadable: ['odd', 'other-name', 'swapped'] })
  expect(await keychain.list()).toHaveLength(5)
})

it('a key that the keychain has twice is listed once, by the name that it has in the list', async () => {
  const keys = await stored()
  const twin = JSON.parse((await keychain.get('ssh/key/mm'))!.expose())
  twin.record.name = 'a-twin'
  await keychain.set('ssh/key/a-twin', new Secret(JSON.stringify(twin)))
  expect(await keys.stored.restore()).toEqual({ ...nothing, repeated: ['a-twin'] })
  // Where the listed one is gone, the other is not called superfluous.
  await keychain.delete('ssh/key/mm')
  expect(await keys.stored.restore()).toEqual({ ...nothing, restored: ['a-twin'] })
  expect(records(keys).map(({ name }) => name)).toEqual(['aa', 'a-twin'])
})

it('a list that cannot be read is not replaced; once it can, it counts', async () => {
  const before = records(await stored())
  chmodSync(folder, 0o777)
  const keys = await begin()
  expect(keys.stored.error()).toMatchObject({ code: 'SSH_KEY_INDEX' })
  await expect(keys.stored.restore()).rejects.toMatchObject({ code: 'SSH_KEY_INDEX' })
  chmodSync(folder, 0o700)
  expect(await keys.stored.restore()).toEqual(nothing)
  expect(records(keys)).toEqual(before)
})
