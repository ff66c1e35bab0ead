import { describe, expect, it } from 'vitest'
import { mayRetry, parseRetryAfterMs, retryDelayMs } from '../../../src/vault/retry.ts'
import { VaultError, type VaultErrorCode } from '../../../src/vault/vault-error.ts'

const failed = (code: VaultErrorCode, wasSent: boolean, retryAfterMs?: number) => ({
  error: new VaultError(code, 'failed', { retryAfterMs }),
  wasSent,
})

describe('a failed request', () => {
  it.each([
    ['VAULT_UNREACHABLE', true, true, true],
    ['VAULT_SEALED', true, true, true],
    ['VAULT_UNAVAILABLE', true, true, true],
    ['VAULT_RATE_LIMITED', true, true, true],
    ['VAULT_TLS', false, true, false],
    ['VAULT_DENIED', true, true, false],
    ['VAULT_REFUSED', true, true, false],
    ['VAULT_BAD_RESPONSE', true, true, false],
    ['VAULT_ABORTED', true, true, false],
    // A login: only when the server cannot have counted it.
    ['VAULT_UNREACHABLE', true, false, false],
    ['VAULT_UNREACHABLE', false, false, true],
    ['VAULT_UNAVAILABLE', true, false, false],
    ['VAULT_RATE_LIMITED', true, false, true],
  ] as const)('%s, sent: %s, idempotent: %s: is sent again: %s', (code, wasSent, isIdempotent, isRetried) => {
    expect(mayRetry(failed(code, wasSent), isIdempotent)).toBe(isRetried)
  })

  it('waits 1 to 1.5 s times the attempt', () => {
    expect(retryDelayMs(failed('VAULT_UNAVAILABLE', true), 1, () => 0)).toBe(1000)
    expect(retryDelayMs(failed('VAULT_UNAVAILABLE', true), 2, () => 0.999)).toBe(2999)
  })

  it('waits as long as the server asks', () => {
    expect(retryDelayMs(failed('VAULT_RATE_LIMITED', true, 9000), 1, () => 0)).toBe(9000)
  })
})

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
  it.each([
    ['9', 9000],
    [' 0 ', 0],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(ms)
  })
})
