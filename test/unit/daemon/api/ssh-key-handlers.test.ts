import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeStaticKeys, sshKeyHandlers } from '../../../../src/daemon/api/ssh-key-handlers.ts'
import type { StaticKeyRequest } from '../../../../src/ipc/endpoints/ssh-keys.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { staticKeysIn } from '../../../support/static-keys.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const { blob } = publicKeyFromKeyObject(privateKey)
const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')

function world() {
  const keychain = stubKeychain()
  const keys = staticKeysIn(temporaryFolder(), { keychain })
  let isLocked = false
  const handlers = sshKeyHandlers(keys, { isLocked: () => isLocked })
  type Call = Parameters<typeof handlers.putSshKey>[0]
  const put = (name: string, more: Partial<StaticKeyRequest> = {}) =>
    handlers.putSshKey({ params: { name }, body: { pkcs8, comment: 'shared', ...more } } as Call)
  const named = (name: string) => ({ params: { name } }) as Parameters<typeof handlers.proveSshKey>[0]
  const list = () => handlers.listSshKeys({} as Parameters<typeof handlers.listSshKeys>[0])
  const lock = () => {
    isLocked = true
  }
  return { keychain, keys, handlers, put, named, list, lock }
}

it('a key is stored and reported with its settings, and never with its private half', async () => {
  const { put, list, keys } = world()
  const settings = { hosts: ['*.example.com'], mustConfirm: true, lifetimeSeconds: 60 } as const
  const stored = await put('mm', { ...settings, hosts: ['*.example.com'] })
  const told = {
    name: 'mm',
    key: expect.stringMatching(/^ssh-ed25519 \S+ shared$/),
    fingerprint: fingerprint(blob),
    isLoaded: false,
  }
  expect(stored).toEqual({ ...told, ...settings, keychain: 'stub' })
  expect(await list()).toEqual({ keys: [{ ...told, ...settings }] })
  await keys.agentKeys.signer(blob)
  expect(describeStaticKeys(keys).keys).toMatchObject([{ isLoaded: true }])
})

it('a name or a host that is none is refused before anything is stored', async () => {
  const { put, keychain } = world()
  for (const name of ['', '../x', 'a/b', '-x', 'a'.repeat(65)])
    await expect(put(name)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  await expect(put('mm', { hosts: ['a,b'] })).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringMatching(/^hosts: /),
  })
  expect(await keychain.list()).toEqual([])
})

it('why a key could not be loaded is reported until it is', async () => {
  const { put, keys, keychain } = world()
  await put('mm')
  keychain.lock()
  await Promise.resolve(keys.agentKeys.signer(blob)).catch(() => {})
  expect(describeStaticKeys(keys).keys[0]!.error).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  keychain.unlock()
  await keys.agentKeys.signer(blob)
  expect(describeStaticKeys(keys).keys[0]!.error).toBeUndefined()
})

it('a key is proved and removed by its name; a locked keychain does not fail the list', async () => {
  const { put, handlers, named, list, keychain } = world()
  await put('mm')
  expect(await handlers.proveSshKey(named('mm'))).toMatchObject({ name: 'mm', isLoaded: false })
  keychain.lock()
  expect((await list()).keys).toHaveLength(1)
  keychain.unlock()
  await handlers.removeSshKey(named('mm'))
  expect(await list()).toEqual({ keys: [] })
  await expect(handlers.removeSshKey(named('mm'))).rejects.toMatchObject({ code: 'SSH_KEY_UNKNOWN' })
})

it('while the agent is locked nothing is listed, stored, used or removed', async () => {
  const { put, handlers, named, list, keychain, lock } = world()
  await put('mm')
  const before = (await keychain.get('ssh/key/mm'))!.expose()
  lock()
  const check = { params: { name: 'mm' }, body: {} } as Parameters<typeof handlers.checkSshKey>[0]
  const restore = {} as Parameters<typeof handlers.restoreSshKeys>[0]
  for (const call of [
    () => list(),
    () => put('mm', { mustConfirm: true }),
    () => handlers.checkSshKey(check),
    () => handlers.proveSshKey(named('mm')),
    () => handlers.restoreSshKeys(restore),
    () => handlers.removeSshKey(named('mm')),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'LOCK_STATE', hint: 'latchkey unlock' })
  expect((await keychain.get('ssh/key/mm'))!.expose()).toBe(before)
})

it('settings are given, kept, or taken away', async () => {
  const { put } = world()
  expect(await put('mm', { hosts: ['a'], mustConfirm: true, lifetimeSeconds: 60 })).toMatchObject({ mustConfirm: true })
  expect(await put('mm')).toMatchObject({ hosts: ['a'], mustConfirm: true, lifetimeSeconds: 60 })
  const plain = await put('mm', { hosts: null, mustConfirm: false, lifetimeSeconds: null })
  expect(Object.keys(plain).sort()).toEqual(['fingerprint', 'isLoaded', 'key', 'keychain', 'name'])
})

it('a check says into which keychain a key would go, and refuses what put refuses', async () => {
  const { put, handlers } = world()
  await put('mm')
  const check = (name: string, body: object) =>
    handlers.checkSshKey({ params: { name }, body } as Parameters<typeof handlers.checkSshKey>[0])
  expect(await check('mm', { key: Buffer.from(blob).toString('base64') })).toEqual({ keychain: 'stub' })
  for (const [name, body] of [
    ['../x', {}],
    ['mm', { hosts: ['a,b'] }],
    ['other', { key: Buffer.from(blob).toString('base64') }],
  ] as const)
    await expect(check(name, body)).rejects.toMatchObject({
      code: expect.stringMatching(/REQUEST_INVALID|SSH_KEY_EXISTS/),
    })
})

it('restoring tells what came of it', async () => {
  const { put, handlers } = world()
  await put('mm')
  const restored = await handlers.restoreSshKeys({} as Parameters<typeof handlers.restoreSshKeys>[0])
  expect(restored).toEqual({ keychain: 'stub', restored: [], unreadable: [], missing: [], repeated: [] })
})
