import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, it } from 'vitest'
import { hostPatterns } from '../../../../src/agent/destination/host-patterns.ts'
import { createStaticKeys, type StaticKey } from '../../../../src/agent/keys/static-keys.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const publicKey = publicKeyFromKeyObject(privateKey)
const data = Buffer.from('data')

function keyNamed(name: string, more: Partial<StaticKey> = {}): StaticKey {
  const fixed = { hosts: undefined, confirm: 'never', lifetimeSeconds: undefined } as const
  return { name, keyBlob: publicKey.blob, comment: name, ...fixed, ...more }
}

function world(load: (key: StaticKey) => Promise<KeyObject> = async () => privateKey) {
  const clock = fakeClock()
  const fate = { loads: 0, released: 0 }
  const keys = createStaticKeys({
    clock,
    load(key) {
      fate.loads += 1
      return load(key)
    },
    onKeysReleased() {
      fate.released += 1
    },
  })
  return { keys, clock, fate }
}

it('a list loads nothing; the first signature does, and the next one finds the key in memory', async () => {
  const { keys, fate } = world()
  keys.use([keyNamed('mm')])
  expect(keys.identities()).toEqual([{ keyBlob: publicKey.blob, comment: 'mm' }])
  expect(keys.identities()).toBe(keys.identities())
  expect([fate.loads, keys.state('mm')]).toEqual([0, { isLoaded: false }])
  const signer = (await keys.signer(publicKey.blob))!
  expect(verifySignature(publicKey, data, await signer.sign(data, 0))).toBe(true)
  expect(keys.signer(publicKey.blob)).toBe(signer)
  expect([fate.loads, keys.state('mm')]).toEqual([1, { isLoaded: true }])
  expect(keys.signer(Buffer.from('other'))).toBeUndefined()
})

it('two signatures at once load the key once', async () => {
  const { keys, fate } = world()
  keys.use([keyNamed('mm')])
  await Promise.all([keys.signer(publicKey.blob), keys.signer(publicKey.blob)])
  expect(fate.loads).toBe(1)
})

it('a key leaves the memory when its lifetime is over, asleep or not, and is loaded again', async () => {
  const { keys, clock, fate } = world()
  keys.use([keyNamed('mm', { lifetimeSeconds: 60 })])
  await keys.signer(publicKey.blob)
  clock.advance(59_999)
  expect(keys.state('mm').isLoaded).toBe(true)
  clock.advance(1)
  expect([keys.state('mm').isLoaded, fate.released]).toEqual([false, 1])
  await keys.signer(publicKey.blob)
  clock.suspend(60_000)
  expect(keys.signer(publicKey.blob)).toBeInstanceOf(Promise)
  expect([fate.released, fate.loads]).toEqual([2, 3])
})

it('a key that cannot be loaded fails the signature, says why, and is tried again', async () => {
  const locked = new Error('locked')
  let isLocked = true
  const { keys } = world(async () => {
    if (isLocked) throw locked
    return privateKey
  })
  keys.use([keyNamed('mm')])
  await expect(Promise.resolve(keys.signer(publicKey.blob))).rejects.toBe(locked)
  expect(keys.state('mm')).toEqual({ isLoaded: false, lastError: locked })
  expect(keys.identities()).toHaveLength(1)
  isLocked = false
  expect(await keys.signer(publicKey.blob)).toBeDefined()
  expect(keys.state('mm')).toEqual({ isLoaded: true })
})

it('a key that is removed or gets other settings while it is loaded does not sign', async () => {
  let open: (key: KeyObject) => void = () => {}
  const { keys } = world(() => new Promise((resolve) => (open = resolve)))
  keys.use([keyNamed('mm')])
  const removed = keys.signer(publicKey.blob)
  const openFirst = open
  keys.use([keyNamed('mm', { confirm: 'always' })])
  const replaced = keys.signer(publicKey.blob)
  openFirst(privateKey)
  expect(await removed).toBeUndefined()
  expect(keys.state('mm').isLoaded).toBe(false)
  open(privateKey)
  expect(await replaced).toBeDefined()
})

it('a key that goes is told of to who waits for it, and one with other settings is not', () => {
  const { keys } = world()
  const gone: string[] = []
  keys.use([keyNamed('mm')])
  keys.onceGone!(publicKey.blob, () => void gone.push('mm'))
  keys.onceGone!(publicKey.blob, () => void gone.push('never'))()
  keys.use([keyNamed('mm', { confirm: 'always' })])
  expect(gone).toEqual([])
  keys.use([])
  keys.use([])
  expect(gone).toEqual(['mm'])
})

it('a key that stays the same object stays in memory, and one that goes is let go of', async () => {
  const { keys, clock, fate } = world()
  const key = keyNamed('mm', { lifetimeSeconds: 60 })
  keys.use([key])
  await keys.signer(publicKey.blob)
  keys.use([keyNamed('other', { keyBlob: Buffer.from('x') }), key])
  expect([keys.state('mm').isLoaded, fate.released]).toEqual([true, 0])
  keys.use([])
  expect([keys.state('mm').isLoaded, fate.released, clock.pendingTimers()]).toEqual([false, 1, 0])
  expect(keys.signer(publicKey.blob)).toBeUndefined()
})

it('hosts, confirmation and forwarding are as the keys say: a connection from another machine sees none', () => {
  const { keys } = world()
  const hosts = hostPatterns(['old.example.com'])
  keys.use([keyNamed('mm', { hosts, confirm: 'always' })])
  const [identity] = keys.identities()
  expect(keys.hostsOf(identity!)).toBe(hosts)
  expect(keys.confirmOf(identity!)).toBe('always')
  expect(keys.confirmOf({ keyBlob: publicKey.blob, comment: 'removed' })).toBe('always')
  const destination = (host: string) => ({ fingerprint: 'SHA256:x', names: [{ host, port: 22 }] })
  expect([keys.isFor(destination('old.example.com')), keys.isFor(destination('new.example.com'))]).toEqual([
    true,
    false,
  ])
  expect(keys.isShownTo({ bindings: [], isForwarded: false })).toBe(true)
  expect(keys.isShownTo({ bindings: [], isForwarded: true })).toBe(false)
  expect([keys.isAdded, keys.objection(identity!, { bindings: [], isForwarded: false }, data)]).toEqual([
    false,
    undefined,
  ])
})
