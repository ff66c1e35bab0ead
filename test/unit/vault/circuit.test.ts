import { describe, expect, it } from 'vitest'
import { createCircuit, inBackground } from '../../../src/vault/circuit.ts'
import type { VaultApiRequest } from '../../../src/vault/client.ts'
import { VaultError, type VaultErrorCode } from '../../../src/vault/vault-error.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const sign = (role: string): VaultApiRequest => ({
  method: 'POST',
  path: `ssh/sign/${role}`,
  purpose: { type: 'sign', mount: 'ssh', role, keyType: 'ed25519' },
})
const renew: VaultApiRequest = {
  method: 'POST',
  path: 'auth/token/renew-self',
  purpose: { type: 'token', operation: 'renew' },
}

/** A server that answers as it is told, and counts. */
function world(random = 0.5) {
  const clock = fakeClock()
  const circuit = createCircuit({ clock, random: () => random })
  const server = { failure: undefined as VaultError | undefined, hangs: false, calls: 0 }
  const open: (() => void)[] = []
  const client = circuit.guard({
    name: 'corp',
    destination: 'corp',
    close: () => {},
    async request() {
      server.calls += 1
      if (server.hangs) await new Promise<void>((resolve) => open.push(resolve))
      if (server.failure === undefined) return { status: 200, data: {}, auth: undefined, warnings: [], clockSkewMs: 0 }
      if (server.failure.code === 'VAULT_RATE_LIMITED') circuit.limited(server.failure)
      throw server.failure
    },
  })
  /** How a request ends, and whether it was sent. */
  const outcome = async (request: VaultApiRequest, isBackground = false) => {
    const before = server.calls
    const by = isBackground ? inBackground(client) : client
    const code = await by.request(request).then(
      () => 'answered',
      (error: VaultError) => error.code,
    )
    return `${code}${server.calls > before ? '' : ', not sent'}`
  }
  const fails = (code: VaultErrorCode, retryAfterMs?: number) => {
    server.failure = new VaultError(code, code, { retryAfterMs })
  }
  return { clock, server, open, client, outcome, fails }
}

describe('a rate limit', () => {
  it('that says how long counts for all identities of the server, and for what nobody waits for', async () => {
    const { clock, server, outcome, fails } = world()
    fails('VAULT_RATE_LIMITED', 9_000)
    expect(await outcome(sign('ops'))).toBe('VAULT_RATE_LIMITED')
    clock.advance(8_999)
    expect(await outcome(sign('db'))).toBe('VAULT_RATE_LIMITED, not sent')
    expect(await outcome(renew, true)).toBe('VAULT_RATE_LIMITED, not sent')
    server.failure = undefined
    // Somebody waits for it, and quotas are of one path.
    expect(await outcome(renew)).toBe('answered')
    expect(await outcome(sign('db'))).toBe('VAULT_RATE_LIMITED, not sent')
    clock.advance(1)
    expect(await outcome(sign('db'))).toBe('answered')
  })

  it('is not cut short by a shorter one that another request has met meanwhile', async () => {
    const { clock, server, outcome, fails } = world()
    fails('VAULT_RATE_LIMITED', 60_000)
    await outcome(sign('ops'))
    fails('VAULT_RATE_LIMITED', 1_000)
    expect(await outcome(renew)).toBe('VAULT_RATE_LIMITED')
    server.failure = undefined
    clock.advance(59_999)
    expect(await outcome(sign('ops'))).toBe('VAULT_RATE_LIMITED, not sent')
    clock.advance(1)
    expect(await outcome(sign('ops'))).toBe('answered')
  })

  it('is not obeyed for longer than an hour', async () => {
    const { clock, server, outcome, fails } = world()
    fails('VAULT_RATE_LIMITED', 999_999_999)
    await outcome(sign('ops'))
    server.failure = undefined
    clock.advance(3_599_999)
    expect(await outcome(sign('ops'))).toBe('VAULT_RATE_LIMITED, not sent')
    clock.advance(1)
    expect(await outcome(sign('ops'))).toBe('answered')
  })

  it('that does not say how long is heeded for longer each time, up to a minute, and from a second again after a success', async () => {
    const { clock, server, outcome, fails } = world()
    const limited = 'VAULT_RATE_LIMITED'
    for (const restMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      fails(limited)
      expect(await outcome(sign('ops'))).toBe(limited)
      clock.advance(restMs - 1)
      expect(await outcome(sign('ops'))).toBe(`${limited}, not sent`)
      clock.advance(1)
    }
    server.failure = undefined
    expect(await outcome(sign('ops'))).toBe('answered')
    fails(limited)
    await outcome(sign('ops'))
    clock.advance(1_000)
    expect(await outcome(sign('ops'))).toBe(limited)
  })
})

describe('a server that is away', () => {
  it.each<VaultErrorCode>([
    'VAULT_UNREACHABLE',
    'VAULT_TLS',
    'VAULT_SEALED',
    'VAULT_UNAVAILABLE',
    'VAULT_BAD_RESPONSE',
  ])('is asked by those who wait, and in the background only after a pause: %s', async (code) => {
    const { clock, outcome, fails } = world()
    fails(code)
    expect(await outcome(sign('ops'))).toBe(code)
    expect(await outcome(sign('db'), true)).toBe(`${code}, not sent`)
    expect(await outcome(renew, true)).toBe(`${code}, not sent`)
    expect(await outcome(sign('db'))).toBe(code)
    // The second failure: 1 to 2 s.
    clock.advance(1_499)
    expect(await outcome(sign('db'), true)).toBe(`${code}, not sent`)
    clock.advance(1)
    expect(await outcome(sign('db'), true)).toBe(code)
  })

  it.each([
    [120_000, 120_000],
    [999_999_999, 3_600_000],
  ])('and says for how long (%i ms) is asked only by those who wait until then', async (retryAfterMs, restMs) => {
    const { clock, server, outcome, fails } = world()
    fails('VAULT_UNAVAILABLE', retryAfterMs)
    expect(await outcome(sign('ops'), true)).toBe('VAULT_UNAVAILABLE')
    clock.advance(restMs - 1)
    expect(await outcome(sign('db'), true)).toBe('VAULT_UNAVAILABLE, not sent')
    expect(await outcome(renew, true)).toBe('VAULT_UNAVAILABLE, not sent')
    clock.advance(1)
    expect(await outcome(sign('db'), true)).toBe('VAULT_UNAVAILABLE')
    clock.advance(1)
    server.failure = undefined
    expect(await outcome(sign('db'))).toBe('answered')
    expect(await outcome(renew, true)).toBe('answered')
  })

  it('is asked by one in the background at a time, and by all once it has answered', async () => {
    const { clock, server, open, client, outcome, fails } = world()
    fails('VAULT_UNREACHABLE')
    await outcome(sign('ops'))
    clock.advance(1_000)
    server.hangs = true
    const probe = inBackground(client).request(sign('ops'))
    expect(await outcome(sign('db'), true)).toBe('VAULT_UNREACHABLE, not sent')
    server.hangs = false
    server.failure = undefined
    open[0]!()
    await probe
    expect(await outcome(sign('db'), true)).toBe('answered')
  })

  it('is there as soon as it refuses something', async () => {
    const { outcome, fails } = world()
    fails('VAULT_UNREACHABLE')
    await outcome(sign('ops'))
    fails('VAULT_DENIED')
    expect(await outcome(sign('ops'))).toBe('VAULT_DENIED')
    expect(await outcome(sign('db'), true)).toBe('VAULT_DENIED')
  })

  it('is not thought to be there because a request was given up or limited', async () => {
    const { outcome, fails } = world()
    fails('VAULT_UNREACHABLE')
    await outcome(sign('ops'))
    for (const code of ['VAULT_ABORTED', 'VAULT_CONFIG', 'VAULT_RATE_LIMITED'] as const) {
      fails(code, 0)
      expect(await outcome(sign('ops'))).toBe(code)
      expect(await outcome(sign('db'), true)).toBe('VAULT_UNREACHABLE, not sent')
    }
  })
})
