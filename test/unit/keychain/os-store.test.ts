import { expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { KeyringEntry, KeyringEntryOptions, KeyringModule } from '../../../src/keychain/keyring-module.ts'
import { createOsKeychain } from '../../../src/keychain/os-store.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

const restarted = 'Platform failure: DBus error: The session does not exist'
const dismissed = "Couldn't access platform storage: Secret Service: unlock prompt was dismissed"
const noReply =
  'Platform failure: DBus error: Did not receive a reply. Possible causes include: the remote application did not send a reply, the message bus security policy blocked the reply, the reply timeout expired, or the network connection was broken.'

/** A Secret Service in memory: what it is told to do wrong, it does at the next call. */
function fakeKeyring(clock: FakeClock) {
  const stored = new Map<string, string>()
  const state = {
    stored,
    made: [] as { service: string; account: string; options: KeyringEntryOptions | undefined }[],
    calls: 0,
    inFlight: 0,
    mostInFlight: 0,
    /** Entries made before the provider was restarted fail. */
    generation: 0,
    constructorError: undefined as string | undefined,
    callError: undefined as string | undefined,
    /** While set, calls wait for it, as for a person. */
    dialog: undefined as Promise<void> | undefined,
  }
  const call = async <T>(generation: number, act: () => T): Promise<T> => {
    state.calls += 1
    state.inFlight += 1
    state.mostInFlight = Math.max(state.mostInFlight, state.inFlight)
    try {
      await (state.dialog ?? Promise.resolve())
      if (state.callError !== undefined) throw new Error(state.callError)
      if (generation !== state.generation) throw new Error(restarted)
      return act()
    } finally {
      state.inFlight -= 1
    }
  }
  const module: KeyringModule = {
    AsyncEntry: class implements KeyringEntry {
      readonly #account: string
      readonly #generation = state.generation
      constructor(service: string, account: string, options?: KeyringEntryOptions) {
        state.made.push({ service, account, options })
        if (state.constructorError !== undefined) throw new Error(state.constructorError)
        this.#account = account
      }
      getPassword = () => call(this.#generation, () => stored.get(this.#account) ?? null)
      setPassword = (password: string) =>
        call(this.#generation, () => {
          stored.set(this.#account, password)
        })
      deleteCredential = () => call(this.#generation, () => stored.delete(this.#account))
    },
    findCredentialsAsync: () =>
      call(state.generation, () => [...stored].map(([account, password]) => ({ account, password }))),
  }
  const open = (platform: NodeJS.Platform = 'linux') =>
    createOsKeychain({ load: async () => module, clock, platform, deadlineMs: 25_000 })
  return { state, open }
}

function setUp(platform?: NodeJS.Platform) {
  const clock = fakeClock()
  const { state, open } = fakeKeyring(clock)
  return { clock, state, keychain: open(platform) }
}

const settled = async (promise: Promise<unknown>) => {
  let isSettled = false
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return isSettled
}

it('keeps, replaces, lists and removes items', async () => {
  const { keychain } = setUp()
  await keychain.set('b', new Secret('1'))
  await keychain.set('a', new Secret(''))
  await keychain.set('b', new Secret('2'))
  expect((await keychain.get('b'))?.expose()).toBe('2')
  expect((await keychain.get('a'))?.expose()).toBe('')
  expect(await keychain.get('c')).toBeUndefined()
  expect(await keychain.list()).toEqual(['a', 'b'])
  expect(await keychain.delete('b')).toBe(true)
  expect(await keychain.delete('b')).toBe(false)
  expect(keychain.description).toBe('Secret Service')
})

it('names the store on Linux, and makes one entry for an item', async () => {
  const { keychain, state } = setUp()
  await keychain.set('a', new Secret('1'))
  await keychain.get('a')
  await keychain.get('a')
  expect(state.made).toEqual([{ service: 'latchkey', account: 'a', options: { linux: { store: 'secret-service' } } }])
})

it('needs no such name on macOS', async () => {
  const { keychain, state } = setUp('darwin')
  await keychain.get('a')
  expect(state.made).toEqual([{ service: 'latchkey', account: 'a', options: undefined }])
  expect(keychain.description).toBe('macOS Keychain')
})

it('holds few entries: each is a connection', async () => {
  const { keychain, state } = setUp()
  for (let item = 0; item < 10; item += 1) await keychain.get(`item ${item}`)
  await keychain.get('item 9')
  expect(state.made).toHaveLength(10)
  await keychain.get('item 0')
  expect(state.made).toHaveLength(11)
})

it('makes one call at a time', async () => {
  const { keychain, state } = setUp()
  await Promise.all([
    keychain.get('a'),
    keychain.set('b', new Secret('1')),
    keychain.list(),
    keychain.get('b'),
    keychain.delete('a'),
  ])
  expect(state.mostInFlight).toBe(1)
  expect(state.calls).toBe(5)
})

it('makes its entries anew after the provider was restarted, and repeats the call', async () => {
  const { keychain, state } = setUp()
  await keychain.set('a', new Secret('1'))
  await keychain.set('b', new Secret('2'))
  state.generation += 1
  expect((await keychain.get('a'))?.expose()).toBe('1')
  await keychain.set('b', new Secret('3'))
  expect(state.stored.get('b')).toBe('3')
  expect(state.made).toHaveLength(4)
})

it('repeats a call once only', async () => {
  const { keychain, state } = setUp()
  await keychain.get('a')
  state.callError = 'DBus error: out of luck'
  await expect(keychain.get('a')).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message: 'the Secret Service fails: DBus error: out of luck',
  })
  expect(state.calls).toBe(3)
})

it('calls a locked keychain locked, and asks the person no second time', async () => {
  const { keychain, state } = setUp()
  await keychain.set('a', new Secret('1'))
  state.callError = dismissed
  for (const attempt of [
    () => keychain.get('a'),
    () => keychain.set('a', new Secret('2')),
    () => keychain.delete('a'),
    () => keychain.get('never seen'),
  ]) {
    const before = state.calls
    await expect(attempt()).rejects.toMatchObject({
      code: 'KEYCHAIN_LOCKED',
      message: 'the Secret Service is locked',
      hint: expect.stringContaining('store = "file"'),
    })
    expect(state.calls).toBe(before + 1)
  }
  state.callError = 'zbus error: org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object'
  await expect(keychain.list()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  state.callError = undefined
  expect((await keychain.get('a'))?.expose()).toBe('1')
})

it.each([
  'User canceled the operation.',
  'User interaction is not allowed.',
  'The user name or passphrase you entered is not correct.',
])('knows how macOS says it: %s', async (text) => {
  const { keychain, state } = setUp('darwin')
  state.callError = text
  await expect(keychain.get('a')).rejects.toMatchObject({
    code: 'KEYCHAIN_LOCKED',
    hint: expect.stringContaining('security unlock-keychain'),
  })
})

it('is unavailable where no provider answers, and works once there is one', async () => {
  const { keychain, state } = setUp()
  state.constructorError = 'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any …'
  await expect(keychain.get('a')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  await expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  state.constructorError = undefined
  await keychain.set('a', new Secret('1'))
})

// The texts are those of @napi-rs/keyring 2.1.2 with gnome-keyring 42.1.
it.each([
  ["Couldn't access platform storage: Secret Service: no result found", 'the Secret Service has no default keyring'],
  [
    'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
    'no program provides the Secret Service',
  ],
  [
    'zbus error: org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.secrets was not provided by any …',
    'no program provides the Secret Service',
  ],
  [
    'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
    'there is no D-Bus session that leads to the Secret Service',
  ],
  [
    'zbus error: Failed to connect to address `unix:path=/run/user/0/bus`: No such file or directory (os error 2)',
    'there is no D-Bus session that leads to the Secret Service',
  ],
  [noReply, 'the Secret Service does not answer'],
])('says in a few words what is missing: %s', async (text, message) => {
  const { keychain, state } = setUp()
  state.callError = text
  await expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message,
    hint: expect.stringContaining('store = "file"'),
  })
})

it('is unavailable where the module cannot be loaded, and says why', async () => {
  const clock = fakeClock()
  const load = () => Promise.reject(new Error('Cannot find native binding'))
  const keychain = createOsKeychain({ load, clock, platform: 'linux' })
  await expect(keychain.list()).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message: 'the module for the Secret Service cannot be loaded: Cannot find native binding',
  })
})

it('loads the module on first need', async () => {
  let loads = 0
  const clock = fakeClock()
  const { state, open } = fakeKeyring(clock)
  open()
  createOsKeychain({
    load: () => {
      loads += 1
      return Promise.reject(new Error('never'))
    },
    clock,
    platform: 'linux',
  })
  expect({ loads, made: state.made }).toEqual({ loads: 0, made: [] })
})

it('gives up at its deadline, and fails the others at once until the call comes back', async () => {
  const { keychain, state, clock } = setUp()
  await keychain.set('a', new Secret('1'))
  let answer = () => {}
  state.dialog = new Promise((resolve) => {
    answer = resolve
  })
  const first = keychain.get('a')
  const queued = keychain.get('b')
  expect(await settled(queued)).toBe(false)
  clock.advance(25_000)
  await expect(first).rejects.toMatchObject({
    code: 'KEYCHAIN_TIMEOUT',
    message: 'the Secret Service did not answer within 25s',
    hint: expect.stringContaining('dialog'),
  })
  await expect(queued).rejects.toMatchObject({ code: 'KEYCHAIN_TIMEOUT' })
  await expect(keychain.list()).rejects.toMatchObject({
    code: 'KEYCHAIN_TIMEOUT',
    message: 'the Secret Service still does not answer an earlier call',
  })
  expect(state.mostInFlight).toBe(1)
  state.dialog = undefined
  answer()
  await new Promise((resolve) => setImmediate(resolve))
  expect((await keychain.get('a'))?.expose()).toBe('1')
  expect(clock.pendingTimers()).toBe(0)
})

it('does not repeat a call that failed after its deadline', async () => {
  const { keychain, state, clock } = setUp()
  await keychain.get('a')
  let answer = () => {}
  state.dialog = new Promise((resolve) => {
    answer = resolve
  })
  const late = keychain.get('a')
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(25_000)
  await expect(late).rejects.toMatchObject({ code: 'KEYCHAIN_TIMEOUT' })
  state.callError = 'DBus error: NoReply'
  answer()
  await new Promise((resolve) => setImmediate(resolve))
  expect(state.calls).toBe(2)
})

it('lets a hung provider rest, because each attempt blocks the process', async () => {
  const { keychain, state, clock } = setUp()
  await keychain.get('a')
  state.callError = noReply
  state.constructorError = noReply
  await expect(keychain.get('a')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  await expect(keychain.get('b')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  await expect(keychain.list()).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  expect(state.made).toHaveLength(1)
  clock.advance(30_000)
  await expect(keychain.get('b')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  expect(state.made).toHaveLength(2)
  clock.advance(30_000)
  state.callError = undefined
  state.constructorError = undefined
  expect(await keychain.get('b')).toBeUndefined()
})
