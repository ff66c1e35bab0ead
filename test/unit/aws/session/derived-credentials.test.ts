import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { createDerivedCredentials, renewalWindows } from '../../../../src/aws/session/derived-credentials.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { rejection, settled } from '../../../support/aws-world.ts'
import { type FakeClock, fakeClock } from '../../../support/fake-clock.ts'

const minutes = 60_000

function setUp(lifetimeMinutes = 60, random = 0) {
  const clock = fakeClock()
  const log: string[] = []
  const failures: Error[] = []
  const state = { issued: 0 }
  const derived = createDerivedCredentials({
    clock,
    random: () => random,
    log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
  })
  const issue = async () => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
    state.issued += 1
    return {
      accessKeyId: `ASIA${state.issued}`,
      secretAccessKey: new Secret('s'),
      sessionToken: new Secret('t'),
      expiresAtMs: clock.now() + lifetimeMinutes * minutes,
    }
  }
  return { clock, log, failures, state, derived, issue }
}

describe('renewalWindows', () => {
  it('keep 16 minutes in hand and begin ten minutes before', () => {
    expect(renewalWindows(60 * minutes)).toEqual({ mandatoryMs: 16 * minutes, advisoryMs: 26 * minutes })
  })

  it.each([14, 16, 17])('of a session of %d minutes are half of it, or each call would ask AWS', (lifetime) => {
    expect(renewalWindows(lifetime * minutes).mandatoryMs).toBe((lifetime * minutes) / 2)
  })

  it.each([5, 14, 18, 20, 60, 720])('of %d minutes leave some of it fresh', (lifetime) => {
    const { mandatoryMs, advisoryMs } = renewalWindows(lifetime * minutes)
    expect(mandatoryMs).toBeLessThan(advisoryMs)
    expect(advisoryMs).toBeLessThan(lifetime * minutes)
  })
})

describe('derived credentials', () => {
  it('are issued once for all who ask at once', async () => {
    const { derived, issue, state } = setUp()
    await Promise.all(Array.from({ length: 10 }, () => derived.current('k', issue)))
    expect(state.issued).toBe(1)
  })

  it('are renewed ahead while they are in use', async () => {
    const { derived, issue, state, clock } = setUp()
    await derived.current('k', issue)
    clock.advance(34 * minutes)
    await settled()
    expect(state.issued).toBe(2)
    expect(derived.peek('k')).toMatchObject({ accessKeyId: 'ASIA2' })
  })

  it('are renewed up to a minute apart, so that many that were issued at once are not renewed at once', async () => {
    const { derived, issue, state, clock } = setUp(60, 0.5)
    await derived.current('k', issue)
    clock.advance(34.5 * minutes - 1)
    await settled()
    expect(state.issued).toBe(1)
    clock.advance(1)
    await settled()
    expect(state.issued).toBe(2)
  })

  it('are given at once while they are renewed ahead, and waited for where less than 16 minutes are left', async () => {
    const { derived, issue, clock } = setUp()
    await derived.current('k', issue)
    clock.suspend(35 * minutes)
    expect(await derived.current('k', issue)).toMatchObject({ accessKeyId: 'ASIA1' })
    await settled()
    expect(derived.peek('k')).toMatchObject({ accessKeyId: 'ASIA2' })
    clock.suspend(44 * minutes)
    expect(await derived.current('k', issue)).toMatchObject({ accessKeyId: 'ASIA3' })
  })

  it('are not asked for by each call after a failure, but by one in five seconds', async () => {
    const { derived, issue, failures, clock } = setUp()
    await derived.current('k', issue)
    clock.suspend(45 * minutes)
    failures.push(...Array.from({ length: 9 }, () => new AwsError('AWS_DENIED', 'denied')))
    const calledAfter = async (ms: number, left: number) => {
      clock.advance(ms)
      expect(await derived.current('k', issue)).toMatchObject({ accessKeyId: 'ASIA1' })
      expect(failures).toHaveLength(left)
    }
    await calledAfter(0, 8)
    await calledAfter(0, 8)
    await calledAfter(4_999, 8)
    await calledAfter(1, 7)
    failures.splice(0)
    clock.advance(5_000)
    expect(await derived.current('k', issue)).toMatchObject({ accessKeyId: 'ASIA2' })
  })

  it('that could not be renewed are told of once for as long as the reason is the same', async () => {
    const { derived, issue, failures, log, clock } = setUp()
    await derived.current('k', issue)
    failures.push(...Array.from({ length: 9 }, () => new AwsError('AWS_UNREACHABLE', 'cannot reach STS')))
    clock.advance(34 * minutes)
    await settled()
    for (let second = 0; second < 20; second += 1) {
      clock.advance(1_000)
      await settled()
    }
    expect(failures.length).toBeLessThan(8)
    expect(log).toEqual([expect.stringMatching(/^warn: AWS credentials were not renewed reason=.*cannot reach STS/)])
  })

  it('are left to expire when nobody has asked for an hour, and are gone then', async () => {
    const { derived, issue, state, clock } = setUp()
    await derived.current('k', issue)
    clock.advance(34 * minutes)
    await settled()
    clock.advance(34 * minutes)
    await settled()
    expect(state.issued).toBe(2)
    clock.advance(60 * minutes)
    expect(derived.peek('k')).toBeUndefined()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('are tried again in the background after a failure, which is logged', async () => {
    const { derived, issue, failures, log, clock } = setUp()
    await derived.current('k', issue)
    failures.push(new AwsError('AWS_UNREACHABLE', 'cannot reach STS'), new AwsError('AWS_THROTTLED', 'too many'))
    for (let minute = 0; minute < 36; minute += 1) {
      clock.advance(minutes)
      await settled()
    }
    expect(derived.peek('k')).toMatchObject({ accessKeyId: 'ASIA2' })
    expect(log.filter((line) => line.includes('not renewed'))).toHaveLength(2)
  })

  it('are not tried again, nor complained about, when only a person could renew them', async () => {
    const { derived, issue, failures, log, clock } = setUp()
    await derived.current('k', issue)
    failures.push(...Array.from({ length: 9 }, () => new AwsError('AWS_MFA_NEEDED', 'a code is needed')))
    for (let minute = 0; minute < 59; minute += 1) {
      clock.advance(minutes)
      await settled()
    }
    expect(failures).toHaveLength(8)
    expect(log).toEqual([])
    expect(derived.peek('k')).toMatchObject({ accessKeyId: 'ASIA1' })
  })

  it.each([
    ['in suspend', (clock: FakeClock) => clock.suspend(30 * minutes)],
    ['as a paused machine, whose uptime does not count it', (clock: FakeClock) => clock.setWallClock(30 * minutes)],
  ])('are new within a minute of waking, %s', async (_, sleep) => {
    const { derived, issue, state, clock } = setUp()
    await derived.current('k', issue)
    clock.advance(10 * minutes)
    sleep(clock)
    clock.advance(minutes)
    await settled()
    expect(state.issued).toBe(2)
  })

  it('end and are renewed by the uptime where the clock was set back', async () => {
    const { derived, issue, state, clock } = setUp()
    await derived.current('k', issue)
    clock.setWallClock(-24 * 60 * minutes)
    clock.advance(34 * minutes)
    await settled()
    expect(state.issued).toBe(2)
    await derived.current('other', issue)
    clock.setWallClock(-24 * 60 * minutes)
    clock.suspend(60 * minutes)
    expect(derived.peek('other')).toBeUndefined()
  })

  it.each(['AWS_DENIED', 'AWS_KEY_REFUSED', 'AWS_REGION_DISABLED', 'AWS_REQUEST_INVALID'] as const)(
    'are not asked for behind within five minutes of %s',
    async (code) => {
      const { derived, issue, failures, clock } = setUp()
      await derived.current('k', issue)
      failures.push(...Array.from({ length: 9 }, () => new AwsError(code, 'denied')))
      clock.advance(34 * minutes)
      await settled()
      for (let second = 0; second < 299; second += 1) {
        clock.advance(1_000)
        await settled()
      }
      expect(failures).toHaveLength(8)
      clock.advance(1_000)
      await settled()
      expect(failures).toHaveLength(7)
    },
  )

  it('that could never be got are not remembered', async () => {
    const { derived, issue, failures, clock, log } = setUp()
    failures.push(new AwsError('AWS_DENIED', 'denied'))
    await rejection(derived.current('k', issue))
    // Whoever has asked is told; the log tells of what nobody waits for.
    expect(log).toEqual([])
    clock.advance(5 * minutes)
    await settled()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('are never returned past their time', async () => {
    const { derived, issue, failures, clock } = setUp()
    await derived.current('k', issue)
    failures.push(...Array.from({ length: 99 }, () => new AwsError('AWS_UNREACHABLE', 'cannot reach STS')))
    clock.advance(60 * minutes)
    await settled()
    expect(await rejection(derived.current('k', issue))).toMatchObject({ code: 'AWS_UNREACHABLE' })
  })

  it('are dropped when AWS refuses them, unless they have been replaced', async () => {
    const { derived, issue } = setUp()
    const first = await derived.current('k', issue)
    const second = await derived.renew('k', issue)
    derived.drop('k', first)
    expect(derived.peek('k')).toMatchObject({ accessKeyId: second.accessKeyId })
    derived.drop('other', second)
    derived.drop('k', second)
    expect(derived.peek('k')).toBeUndefined()
    derived.drop('k', second)
  })

  it('are forgotten by their key, with their timers, and named where there was something', async () => {
    const { derived, issue, clock } = setUp()
    await derived.current('a', issue)
    await derived.current('b', issue)
    expect(derived.forget((key) => key === 'a')).toEqual(['a'])
    expect(derived.forget((key) => key === 'a')).toEqual([])
    expect(derived.peek('b')).toBeDefined()
    expect(derived.forget(() => true)).toEqual(['b'])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('that arrive after they were forgotten are not kept', async () => {
    const { derived, issue, clock } = setUp()
    const waiting = derived.current('k', issue)
    derived.forget(() => true)
    await waiting
    expect(derived.peek('k')).toBeUndefined()
    expect(clock.pendingTimers()).toBe(0)
  })
})
