import { describe, expect, it } from 'vitest'
import { calculateTtl, systemTtlSeconds } from '../../../../../src/dev/vault/token/token-ttl.ts'

const none = { ttlSeconds: 0, periodSeconds: 0, explicitMaxTtlSeconds: 0, issuedAtMs: 0 }

describe('a time to live', () => {
  it('is what was asked for, else what the role, the mount, the system has', () => {
    expect(calculateTtl({ ...none, incrementSeconds: 60, ttlSeconds: 30 }, 0).ttlSeconds).toBe(60)
    expect(calculateTtl({ ...none, ttlSeconds: 30, mountDefaultSeconds: 20 }, 0).ttlSeconds).toBe(30)
    expect(calculateTtl({ ...none, mountDefaultSeconds: 20 }, 0).ttlSeconds).toBe(20)
    expect(calculateTtl(none, 0)).toEqual({ ttlSeconds: systemTtlSeconds, warnings: [] })
  })

  it('is cut at the least of all limits, with a warning', () => {
    const wishes = { ...none, ttlSeconds: 3600, maxTtlSeconds: 600, explicitMaxTtlSeconds: 900, mountMaxSeconds: 1000 }
    expect(calculateTtl(wishes, 60_000)).toEqual({
      ttlSeconds: 540,
      warnings: ['TTL of "1h" exceeded the effective max_ttl of "9m"; TTL value is capped accordingly'],
    })
  })

  it('is the period each time, beyond every limit but the explicit one', () => {
    const periodic = { ...none, periodSeconds: 600, incrementSeconds: 5 }
    expect(calculateTtl(periodic, systemTtlSeconds * 5000).ttlSeconds).toBe(600)
    expect(calculateTtl({ ...periodic, explicitMaxTtlSeconds: 700 }, 200_000).ttlSeconds).toBe(500)
  })

  it('cuts a period that is longer than the longest life', () => {
    expect(calculateTtl({ ...none, periodSeconds: 600, maxTtlSeconds: 300 }, 0)).toEqual({
      ttlSeconds: 300,
      warnings: ['period of "10m" exceeded the effective max_ttl of "5m"; period value is capped accordingly'],
    })
  })

  it('is no more once the longest life is over', () => {
    expect(() => calculateTtl({ ...none, maxTtlSeconds: 60 }, 60_000)).toThrow('past the max TTL, cannot renew')
  })
})
