import { describe, expect, it } from 'vitest'
import type { SessionCredentials } from '../../../../src/aws/credentials.ts'
import { type SessionStep, sessionStep } from '../../../../src/aws/plan/steps.ts'
import { createSessionCache } from '../../../../src/aws/session/session-cache.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { lasting, stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { rejection, settled } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const hour = 3_600_000
const minute = 60_000
const step = (source: string, durationSeconds = 43_200): SessionStep =>
  sessionStep({
    type: 'session',
    parent: { type: 'key', source },
    mfaSerial: 'arn:aws:iam::111122223333:mfa/jo',
    durationSeconds,
    partition: 'aws',
    region: 'eu-west-1',
  })
const master = step('a/b c')

function setUp() {
  const clock = fakeClock()
  const keychain = stubKeychain()
  const log: string[] = []
  const start = () =>
    createSessionCache({
      clock,
      keychain: lasting(keychain, clock),
      log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
    })
  let issued = 0
  const session = (hours = 12): SessionCredentials => {
    issued += 1
    return {
      accessKeyId: `ASIA${issued}`,
      secretAccessKey: new Secret(`secret-${issued}`),
      sessionToken: new Secret(`token-${issued}`),
      expiresAtMs: clock.now() + hours * hour,
    }
  }
  return { clock, keychain, log, start, session, cache: start() }
}

describe('the session cache', () => {
  it('keeps a session in the keychain, with its expiry in the name', async () => {
    const { cache, keychain, session, clock } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    const expiry = Math.floor((clock.now() + 12 * hour) / 1000)
    expect(await keychain.list()).toEqual([`aws/session/${master.cacheKey}/${expiry}`])
  })

  it('gives the same session after a restart, with the time of its code', async () => {
    const { cache, start, session, clock } = setUp()
    const put = session()
    await cache.put(master, put, 'eu-west-1')
    const issuedAtMs = clock.now()
    clock.advance(hour)
    const found = await start().find(master)
    expect(found).toMatchObject({
      issuedAtMs,
      credentials: { accessKeyId: put.accessKeyId, expiresAtMs: put.expiresAtMs },
    })
    expect(found!.credentials.sessionToken.expose()).toBe(put.sessionToken.expose())
  })

  it('reads the keychain once for many callers, and then no more', async () => {
    const { cache, start, session, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    const restarted = start()
    await Promise.all(Array.from({ length: 20 }, () => restarted.find(master)))
    await restarted.find(master)
    expect(keychain.reads).toHaveLength(1)
  })

  it('finds nothing where there is nothing, or where it has expired', async () => {
    const { cache, start, session, clock } = setUp()
    expect(await cache.find(master)).toBeUndefined()
    await cache.put(master, session(), 'eu-west-1')
    expect(await cache.find(step('other'))).toBeUndefined()
    expect(await cache.find(step('a/b c', 900))).toBeUndefined()
    clock.advance(12 * hour)
    expect(await cache.find(master)).toBeUndefined()
    expect(await start().find(master)).toBeUndefined()
  })

  it('never reads an item whose name says that it has expired', async () => {
    const { cache, start, session, clock, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    clock.advance(13 * hour)
    await start().find(master)
    expect(keychain.reads).toEqual([])
  })

  it('replaces an older session of the same step and sweeps what has expired, but leaves the others', async () => {
    const { cache, session, clock, keychain } = setUp()
    await cache.put(step('short'), session(1), 'eu-west-1')
    await cache.put(step('long'), session(36), 'eu-west-1')
    await cache.put(master, session(), 'eu-west-1')
    clock.advance(2 * hour)
    await cache.put(master, session(), 'eu-west-1')
    const names = await keychain.list()
    expect(names.filter((name) => name.includes('short'))).toEqual([])
    expect(names).toHaveLength(2)
  })

  it('takes the newest of several that a crash has left', async () => {
    const { cache, start, session, clock, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    const [older] = await keychain.list()
    const value = await keychain.get(older!)
    clock.advance(hour)
    const newer = session()
    await cache.put(master, newer, 'eu-west-1')
    await keychain.set(older!, value!)
    expect((await start().find(master))!.credentials.accessKeyId).toBe(newer.accessKeyId)
  })

  it('drops a session that AWS refused, but not the one that has taken its place', async () => {
    const { cache, start, session } = setUp()
    const first = session()
    const second = session()
    await cache.put(master, first, 'eu-west-1')
    await cache.put(master, second, 'eu-west-1')
    await cache.drop(master, first)
    expect((await cache.find(master))!.credentials.accessKeyId).toBe(second.accessKeyId)
    expect((await start().find(master))!.credentials.accessKeyId).toBe(second.accessKeyId)
    await cache.drop(master, second)
    expect(await cache.find(master)).toBeUndefined()
    expect(await start().find(master)).toBeUndefined()
  })

  it('does not find a refused session again in a keychain that could not be changed', async () => {
    const { cache, session, keychain, log } = setUp()
    const refused = session()
    await cache.put(master, refused, 'eu-west-1')
    keychain.makeReadOnly()
    await cache.drop(master, refused)
    expect(await keychain.list()).toHaveLength(1)
    expect(await cache.find(master)).toBeUndefined()
    expect(log.join('')).toContain('an old session stays in the keychain')
  })

  it('does not list a refused session either, nor count it as forgotten', async () => {
    const { cache, session, keychain } = setUp()
    const refused = session()
    await cache.put(master, refused, 'eu-west-1')
    keychain.makeReadOnly()
    await cache.drop(master, refused)
    expect(await cache.list()).toEqual([])
    keychain.unlock()
    expect(await cache.forget()).toEqual([])
    expect(await keychain.list()).toEqual([])
  })

  it('does not find a session that was forgotten after a restart in a keychain that could not be changed', async () => {
    const { cache, start, session, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    keychain.makeReadOnly()
    const restarted = start()
    expect(await rejection(restarted.forget())).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    expect(await restarted.find(master)).toBeUndefined()
  })

  it('neither lists nor counts what has expired, and removes it all the same', async () => {
    const { cache, start, session, keychain, clock } = setUp()
    await cache.put(master, session(1), 'eu-west-1')
    clock.advance(hour)
    expect(await cache.list()).toEqual([])
    expect(await start().list()).toEqual([])
    expect(await cache.forget()).toEqual([])
    expect(await keychain.list()).toEqual([])
  })

  it('is not kept from a session by one that could not be removed', async () => {
    const { cache, start, session, keychain, log } = setUp()
    await cache.put(master, session(10), 'eu-west-1')
    const remove = keychain.delete
    keychain.delete = () => Promise.reject(new Error('busy'))
    const newest = session()
    await cache.put(master, newest, 'eu-west-1')
    keychain.delete = remove
    expect(log).toContainEqual(expect.stringMatching(/^warn: an old session stays in the keychain for now reason=busy/))
    expect((await start().find(master))!.credentials.accessKeyId).toBe(newest.accessKeyId)
  })

  it('keeps a session at least in memory where the keychain cannot take it', async () => {
    const { cache, session, keychain, log } = setUp()
    keychain.lock()
    await cache.put(master, session(), 'eu-west-1')
    expect(await cache.find(master)).toBeDefined()
    expect(log.join('')).toContain('ends with the daemon')
  })

  it('stores what the keychain did not take when it takes it, and nothing that was dropped or replaced meanwhile', async () => {
    const { cache, start, session, keychain, clock } = setUp()
    keychain.lock()
    const refused = session()
    await cache.put(step('other'), refused, 'eu-west-1')
    await cache.drop(step('other'), refused)
    await cache.put(master, session(10), 'eu-west-1')
    const newest = session()
    await cache.put(master, newest, 'eu-west-1')
    keychain.unlock()
    clock.advance(2 * minute)
    await settled()
    expect(await keychain.list()).toHaveLength(1)
    expect((await start().find(master))!.credentials.accessKeyId).toBe(newest.accessKeyId)
  })

  it('removes what the keychain did not let go of once it does', async () => {
    const { cache, session, keychain, clock } = setUp()
    const refused = session()
    await cache.put(master, refused, 'eu-west-1')
    await cache.put(step('other'), session(), 'eu-west-1')
    keychain.makeReadOnly()
    await cache.drop(master, refused)
    expect(await rejection(cache.forget('other'))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    keychain.unlock()
    clock.advance(2 * minute)
    await settled()
    expect(await keychain.list()).toEqual([])
  })

  it('is an error, not empty, where the keychain cannot answer', async () => {
    const { start, keychain } = setUp()
    keychain.lock()
    expect(await rejection(start().find(master))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  })

  it('passes over an item that is no session, and says so', async () => {
    const { start, keychain, clock, log } = setUp()
    const name = `aws/session/${master.cacheKey}/${Math.floor(clock.now() / 1000) + 3600}`
    for (const item of ['not json', '{"accessKeyId":"ASIA"}', '"text"', 'null']) {
      await keychain.set(name, new Secret(item))
      expect(await start().find(master)).toBeUndefined()
    }
    expect(log).toHaveLength(4)
    expect(await keychain.list()).toEqual([name])
  })

  it('forgets the sessions of one source, or all, in the keychain too', async () => {
    const { cache, start, session, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    await cache.put(step('other'), session(), 'eu-west-1')
    expect(await start().forget('a/b c')).toEqual(['a/b c'])
    expect(await cache.forget('a/b c')).toEqual(['a/b c'])
    expect(await cache.forget('a/b c')).toEqual([])
    expect(await cache.find(step('other'))).toBeDefined()
    expect(await cache.forget()).toEqual(['other'])
    expect(await keychain.list()).toEqual([])
  })

  it('forgets a session that is being read from the keychain', async () => {
    const { cache, start, session, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    const restarted = start()
    const { get } = keychain
    keychain.get = async (name) => {
      const item = await get(name)
      await restarted.forget()
      return item
    }
    expect(await restarted.find(master)).toBeUndefined()
    expect(await restarted.find(master)).toBeUndefined()
    expect(await restarted.list()).toEqual([])
  })

  it('forgets in memory even where the keychain is locked', async () => {
    const { cache, session, keychain } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    keychain.lock()
    expect(await rejection(cache.forget())).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    keychain.unlock()
    expect(await cache.find(master)).toBeUndefined()
  })

  it('lists sessions without reading them', async () => {
    const { cache, start, session, keychain, clock } = setUp()
    await cache.put(master, session(), 'eu-west-1')
    await keychain.set('aws/session/odd/name', new Secret('x'))
    await keychain.set('aws/key/master', new Secret('x'))
    const expected = [{ source: 'a/b c', key: master.cacheKey, expiresAtMs: clock.now() + 12 * hour }]
    expect(await start().list()).toEqual(expected)
    expect(await cache.list()).toEqual(expected)
    expect(keychain.reads).toEqual([])
  })
})
