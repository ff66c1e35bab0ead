import { describe, expect, it } from 'vitest'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import {
  type ConfiguredIdentityOptions,
  createConfiguredIdentity,
} from '../../../../src/agent/identities/configured-identity.ts'
import type { ConnectionView } from '../../../../src/agent/keys/key-store.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { CodedError, errorCode } from '../../../../src/core/errors.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { createTestIssuer, settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const local: ConnectionView = { bindings: [], isForwarded: false }
const minuteMs = 60_000
const away = new CodedError('VAULT_UNREACHABLE', 'vault corp cannot be reached')
const denied = new CodedError('VAULT_DENIED', 'the token may not sign')
const loginNeeded = new CodedError('VAULT_LOGIN_NEEDED', 'not logged in')

type Listed = number | string

/** Identities of one vault; each has an issuer of its own, whose failures tell the source as the daemon does. */
function setUp(renews: readonly ConfiguredIdentityOptions['renew'][] = ['when-used']) {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'info' })
  const source = createCertificateSource({ name: 'vault corp', clock, log })
  const identities = renews.map((renew, index) => {
    const issuer = createTestIssuer(clock)
    const name = `identity-${index}`
    const options = {
      name,
      comment: name,
      keyType: 'ed25519',
      slowKeys: createTurns(1),
      issuer,
      source,
      clock,
      random: () => 0.5,
      log,
      renew,
      forward: 'never' as const,
      confirm: 'never' as const,
      listKey: false,
      publish: async () => {},
    }
    const identity = createConfiguredIdentity(options)
    return {
      issuer,
      identity,
      /** Lists; resolves to how many identities there are, or the code of the error. */
      async list(): Promise<Listed> {
        try {
          return (await identity.identities(local)).length
        } catch (error) {
          return errorCode(error) ?? String(error)
        }
      },
      async fail(error: Error) {
        if (error === away) source.failed(error)
        else if (error !== loginNeeded) source.answered()
        issuer.fail(error)
        await settle()
      },
      async succeed() {
        source.answered()
        const certificate = issuer.succeed()
        await settle()
        return certificate
      },
    }
  })
  for (const { identity } of identities) identity.start()
  /** What a promise has come to by now. */
  const now = async <T>(promise: Promise<T>) => {
    await settle()
    return await Promise.race([promise, Promise.resolve('waits' as const)])
  }
  const warnings = () => lines.filter((line) => line.startsWith('warn'))
  return { clock, source, warnings, lines, now, first: identities[0]!, second: identities[1]! }
}

describe('an outage', () => {
  it('with a silent source is waited for once, for eight seconds', async () => {
    const { clock, first, now } = setUp()
    const listing = first.list()
    await settle()
    clock.advance(7_999)
    expect(await now(listing)).toBe('waits')
    clock.advance(1)
    expect(await listing).toBe('CERTIFICATE_WAIT_TIMEOUT')
    for (let second = 0; second < 120; second += 1) {
      expect(await now(first.list())).toBe('CERTIFICATE_WAIT_TIMEOUT')
      clock.advance(1_000)
    }
  })

  it('with a source that refuses is waited for until the first refusal, and no longer', async () => {
    const { first, now } = setUp()
    const listing = first.list()
    await settle()
    await first.fail(away)
    expect(await listing).toBe('VAULT_UNREACHABLE')
    expect(await now(first.list())).toBe('VAULT_UNREACHABLE')
  })

  it('costs one wait, however many identities the source has', async () => {
    const { clock, first, second, now } = setUp(['when-used', 'on-demand'])
    const one = first.list()
    await settle()
    clock.advance(5_000)
    // It shares what is left of the wait that has begun.
    const other = second.list()
    await settle()
    clock.advance(3_000)
    expect(await now(one)).toBe('CERTIFICATE_WAIT_TIMEOUT')
    expect(await now(other)).toBe('CERTIFICATE_WAIT_TIMEOUT')
    expect(await now(second.list())).toBe('CERTIFICATE_WAIT_TIMEOUT')
  })

  it('costs no wait if a token or a login has noticed it before', async () => {
    const { source, first, now } = setUp()
    source.failed(away)
    expect(await now(first.list())).toBe('VAULT_UNREACHABLE')
    expect(first.issuer.calls).toHaveLength(1)
  })

  it('costs nothing while there is a certificate, which is left out once it has expired', async () => {
    const { clock, first, now } = setUp()
    const listing = first.list()
    await settle()
    await first.succeed()
    expect(await listing).toBe(1)
    clock.advance(50 * minuteMs)
    expect(await now(first.list())).toBe(1)
    await first.fail(away)
    expect(await now(first.list())).toBe(1)
    // In its last minute, too.
    clock.advance(9.5 * minuteMs)
    await settle()
    expect(await now(first.list())).toBe(1)
    clock.advance(minuteMs)
    expect(await now(first.list())).toBe('VAULT_UNREACHABLE')
  })

  it('is followed by tries in the background with growing pauses, and a list does not wait for those either', async () => {
    const { clock, first, now } = setUp(['on-demand'])
    void first.list()
    await settle()
    const gaps: number[] = []
    for (let tries = 1; tries <= 7; tries += 1) {
      await first.fail(away)
      let gapMs = 0
      while (first.issuer.calls.length === tries) {
        clock.advance(250)
        gapMs += 250
        await settle()
      }
      gaps.push(gapMs)
      expect(await now(first.list())).toBe('VAULT_UNREACHABLE')
    }
    expect(gaps).toEqual([1_000, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000])
    await first.succeed()
    expect(await now(first.list())).toBe(1)
    clock.advance(30 * minuteMs)
    expect(first.issuer.calls).toHaveLength(8)
  })

  it('is tried again by a list once the last try is five seconds old', async () => {
    const { clock, first } = setUp()
    void first.list()
    await settle()
    for (let tries = 1; tries < 8; tries += 1) {
      await first.fail(away)
      clock.advance(minuteMs)
      await settle()
    }
    // The pause is of half a minute and more by now.
    await first.fail(away)
    const calls = first.issuer.calls.length
    clock.advance(4_999)
    await first.list()
    expect(first.issuer.calls).toHaveLength(calls)
    clock.advance(1)
    await first.list()
    expect(first.issuer.calls).toHaveLength(calls + 1)
  })

  it('finds a hanging try, and makes another beside it, two at most', async () => {
    const { clock, first, now } = setUp()
    void first.list()
    await settle()
    for (let seconds = 0; seconds < 60; seconds += 1) {
      clock.advance(1_000)
      await now(first.list())
    }
    const { calls } = first.issuer
    expect(calls.length).toBeGreaterThanOrEqual(10)
    expect(calls.length).toBeLessThanOrEqual(12)
    expect(calls.filter(({ signal }) => !signal.aborted)).toHaveLength(2)
    // A server that takes ten seconds is heard out.
    expect(calls.slice(0, -2).every(({ signal }) => signal.aborted)).toBe(true)
  })

  it('leaves no certificate behind that comes after its try was given up', async () => {
    const { first } = setUp()
    void first.list()
    await settle()
    first.identity.stop()
    expect(first.issuer.calls[0]!.signal.aborted).toBe(true)
    await first.succeed()
    expect(first.identity.status().state).toBe('none')
  })

  it('ends with the first answer: what was tried in vain is tried at once, for other identities too', async () => {
    const { clock, first, second, now } = setUp(['when-used', 'when-used'])
    void first.list()
    void second.list()
    await settle()
    for (const { fail } of [first, second]) await fail(away)
    clock.advance(1_000)
    await settle()
    await first.succeed()
    expect(second.issuer.calls).toHaveLength(2)
    await second.succeed()
    expect(await now(first.list())).toBe(1)
    expect(await now(second.list())).toBe(1)
  })

  it('is waited for again if nothing was known of the source for five minutes, as after a night', async () => {
    const { clock, source, first, now } = setUp()
    source.failed(away)
    clock.suspend(8 * 60 * minuteMs)
    const listing = first.list()
    expect(await now(listing)).toBe('waits')
    await first.succeed()
    expect(await listing).toBe(1)
  })

  it('of one source does not affect another', async () => {
    const [one, other] = [setUp(), setUp()]
    one.source.failed(away)
    const listing = other.first.list()
    expect(await other.now(listing)).toBe('waits')
    await other.first.succeed()
    expect(await listing).toBe(1)
  })
})

describe('a refusal that only a change can cure', () => {
  it('is not tried again by lists or in the background until five minutes have passed', async () => {
    const { clock, first, now } = setUp(['always'])
    await settle()
    await first.fail(denied)
    for (let seconds = 0; seconds < 299; seconds += 1) {
      expect(await now(first.list())).toBe('VAULT_DENIED')
      clock.advance(1_000)
      await settle()
    }
    expect(first.issuer.calls).toHaveLength(1)
    clock.advance(1_000)
    expect(await now(first.list())).toBe('VAULT_DENIED')
    expect(first.issuer.calls).toHaveLength(2)
  })

  it('is requested at once after a login, by the first list', async () => {
    const { first, now } = setUp()
    const listing = first.list()
    await settle()
    await first.fail(denied)
    expect(await listing).toBe('VAULT_DENIED')
    first.identity.start()
    expect(first.identity.status()).not.toHaveProperty('lastError')
    const again = first.list()
    expect(await now(again)).toBe('waits')
    await first.succeed()
    expect(await again).toBe(1)
  })

  it('keeps nobody from waiting for another identity of the source', async () => {
    const { first, second, now } = setUp(['when-used', 'when-used'])
    void first.list()
    await settle()
    await first.fail(denied)
    expect(await now(second.list())).toBe('waits')
  })
})

describe('a login', () => {
  it('that is missing is looked for at each list, which may wait for that, but not in the background', async () => {
    const { clock, first, now } = setUp()
    for (let lists = 1; lists <= 3; lists += 1) {
      const listing = first.list()
      expect(await now(listing)).toBe('waits')
      expect(first.issuer.calls).toHaveLength(lists)
      await first.fail(loginNeeded)
      expect(await listing).toBe('VAULT_LOGIN_NEEDED')
    }
    clock.advance(30 * minuteMs)
    await settle()
    expect(first.issuer.calls).toHaveLength(3)
  })

  it('tries at once what lists have asked for in vain, and gives up hanging tries', async () => {
    const { clock, first, source, now } = setUp()
    void first.list()
    await settle()
    clock.advance(8_000)
    source.answered()
    first.identity.start()
    await settle()
    expect(first.issuer.calls.map(({ signal }) => signal.aborted)).toEqual([true, false])
    first.issuer.fail(new Error('aborted'))
    await first.succeed()
    expect(await now(first.list())).toBe(1)
  })
})

describe('the log and the status of an outage', () => {
  it('report within a second that a list waits, and then that the source is away: a line each', async () => {
    const { clock, first, warnings } = setUp()
    const listing = first.list()
    await settle()
    expect(first.identity.status()).not.toHaveProperty('lastError')
    clock.advance(1_000)
    expect(first.identity.status()).toMatchObject({ lastError: { code: 'CERTIFICATE_WAIT' } })
    expect(warnings()).toEqual([
      'warn: a list waits for a source of certificates source="vault corp" atMostSeconds=8\n',
    ])
    clock.advance(7_000)
    await listing
    expect(first.identity.status()).toMatchObject({ lastError: { code: 'CERTIFICATE_WAIT_TIMEOUT' } })
    expect(warnings()).toHaveLength(2)
  })

  it('have one line for a whole night, and one for its end', async () => {
    const { clock, first, second, lines, warnings } = setUp(['always', 'always'])
    for (let tries = 0; tries < 480; tries += 1) {
      await settle()
      for (const { fail } of [first, second]) await fail(away).catch(() => {})
      clock.advance(minuteMs)
    }
    expect(warnings()).toEqual([
      'warn: a source of certificates is away source="vault corp" code=VAULT_UNREACHABLE reason="vault corp cannot be reached"\n',
    ])
    const before = lines.length
    await settle()
    await first.succeed()
    expect(lines.slice(before).filter((line) => line.includes('is back'))).toEqual([
      'info: a source of certificates is back source="vault corp" failures=960\n',
    ])
  })
})
