import { describe, expect, it } from 'vitest'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import { createCertificateTries } from '../../../../src/agent/identities/certificate-tries.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import type { IssueFailure } from '../../../../src/ssh/certificate-issuer.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

class Failure extends Error {
  readonly type: IssueFailure
  constructor(type: IssueFailure) {
    super(type)
    this.type = type
  }
}

/** Tries that are started and due at once, whatever has come of them before. */
function setUp() {
  const clock = fakeClock()
  const source = createCertificateSource({ name: 'vault corp', clock, log: silentLogger })
  const calls: { signal: AbortSignal; succeed(): void; fail(type: IssueFailure): void }[] = []
  let isHad = false
  const tries = createCertificateTries({
    name: 'ops',
    issue: (signal) =>
      new Promise<void>((resolve, reject) => {
        calls.push({
          signal,
          succeed() {
            isHad = true
            resolve()
          },
          fail: (type) => reject(new Failure(type)),
        })
      }),
    failureOf: (error) => (error as Failure).type,
    plan: () => (isHad ? undefined : { atMs: clock.now(), endMs: clock.now() + 3_600_000 }),
    source,
    clock,
    random: () => 0.5,
    log: silentLogger,
  })
  const away = () => source.failed(new Error('away'))
  const end = () => {
    isHad = false
    tries.replan()
  }
  return { clock, source, calls, tries, away, end }
}

describe('a source that comes back', () => {
  it('is tried by and by for what is due and nobody waits for', async () => {
    const { clock, source, calls, tries, away } = setUp()
    tries.start(true)
    calls[0]!.fail('passing')
    await settle()
    away()
    source.answered()
    clock.advance(14_999)
    expect(calls).toHaveLength(1)
    clock.advance(1)
    expect(calls).toHaveLength(2)
  })

  it('is tried at once for what a list wants', async () => {
    const { clock, source, calls, tries, away } = setUp()
    tries.start(false)
    void tries.hurry()
    calls[0]!.fail('passing')
    await settle()
    away()
    source.answered()
    clock.advance(0)
    expect(calls).toHaveLength(2)
  })

  it('is not tried for what it had refused: that is as it was', async () => {
    const { clock, source, calls, tries, away } = setUp()
    tries.start(true)
    calls[0]!.fail('lasting')
    await settle()
    away()
    source.answered()
    clock.advance(299_999)
    expect(calls).toHaveLength(1)
    clock.advance(1)
    expect(calls).toHaveLength(2)
  })
})

describe('a try that hangs', () => {
  it('gets another one beside it after five seconds, and not before', () => {
    const { clock, calls, tries, away } = setUp()
    void tries.hurry()
    away()
    clock.advance(4_999)
    void tries.hurry()
    expect(calls).toHaveLength(1)
    clock.advance(1)
    void tries.hurry()
    expect(calls).toHaveLength(2)
    expect(calls[0]!.signal.aborted).toBe(false)
  })

  it('is given up when the one beside it has succeeded: its certificate would be the older one', async () => {
    const { clock, calls, tries, away } = setUp()
    void tries.hurry()
    away()
    clock.advance(5_000)
    void tries.hurry()
    calls[1]!.succeed()
    await settle()
    expect(calls[0]!.signal.aborted).toBe(true)
    calls[0]!.fail('passing')
    await settle()
    expect(tries.lastError()).toBeUndefined()
  })

  it('ends the one beside it when it succeeds after all, which is no failure', async () => {
    const { clock, calls, tries, away, end } = setUp()
    tries.start(false)
    void tries.hurry()
    away()
    clock.advance(5_000)
    void tries.hurry()
    calls[0]!.succeed()
    await settle()
    expect(calls[1]!.signal.aborted).toBe(true)
    calls[1]!.fail('passing')
    await settle()
    expect(tries.lastError()).toBeUndefined()
    end()
    clock.advance(1_000)
    expect(calls).toHaveLength(3)
  })
})
