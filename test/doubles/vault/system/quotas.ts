import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest, notBuilt } from '../../../../src/dev/vault/errors.ts'
import { parseVaultDuration } from '../../../../src/dev/vault/go-duration.ts'
import { type Answer, dataReply, empty, errorAnswer, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, withFields } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'

/** A limit on the requests of one address to one path, or to everything below a mount. */
interface RateLimit {
  path: string
  rate: number
  intervalSeconds: number
}

/** The requests of one address since the interval began. */
interface Window {
  endsMs: number
  count: number
}

/** Paths that no quota is for (`rateLimitExemptPaths`). */
const exempt = new Set(['sys/health', 'sys/seal-status', 'sys/unseal', 'sys/init', 'sys/leader'])

/** Quotas of rates: `sys/quotas/…` of OpenBao. */
export const quotas: Plugin = (core) => {
  const state = core.part('quotas', () => ({ limits: table<RateLimit>(), hasHeaders: false }))
  const windows = new Map<string, Window>()

  /** That of the path itself before that of its mount, and that before the one for all. */
  const limitOf = (path: string): readonly [string, RateLimit] | undefined => {
    const mount = core.mounts.of(path)?.path
    const found = [path, mount, ''].map((wanted) => Object.entries(state.limits).find((one) => one[1].path === wanted))
    return exempt.has(path) ? undefined : found.find((one) => one !== undefined)
  }
  const windowOf = (name: string, limit: RateLimit, remoteAddress: string): Window => {
    const key = `${name} ${remoteAddress}`
    const now = core.now()
    const known = windows.get(key)
    if (known !== undefined && now < known.endsMs) return known
    const begun = { endsMs: now + limit.intervalSeconds * 1000, count: 0 }
    windows.set(key, begun)
    return begun
  }

  return {
    async around(call, next): Promise<Answer> {
      const [name, limit] = limitOf(call.path) ?? []
      if (name === undefined || limit === undefined) return next(call)
      const window = windowOf(name, limit, call.remoteAddress)
      const isAllowed = window.count < limit.rate
      if (isAllowed) window.count += 1
      const reset = String(Math.ceil((window.endsMs - core.now()) / 1000))
      const headers: Record<string, string> = state.hasHeaders
        ? {
            'X-Ratelimit-Limit': String(limit.rate),
            'X-Ratelimit-Remaining': String(limit.rate - window.count),
            'X-Ratelimit-Reset': reset,
            ...(isAllowed ? {} : { 'Retry-After': reset }),
          }
        : {}
      const answer = isAllowed
        ? await next(call)
        : errorAnswer(429, `request path ${JSON.stringify(call.path)}: rate limit quota exceeded`)
      return { ...answer, headers: { ...answer.headers, ...headers } }
    },
    routes: {
      system: [
        {
          pattern: 'quotas/config',
          update: withFields(
            { enable_rate_limit_response_headers: 'boolean', enable_rate_limit_audit_logging: 'boolean' },
            ({ enable_rate_limit_response_headers: hasHeaders }) => {
              state.hasHeaders = hasHeaders ?? state.hasHeaders
              core.changed()
              return empty
            },
          ),
        },
        {
          pattern: 'quotas/rate-limit',
          list: withFields(pageFields, (page) => listReply(Object.keys(state.limits), page)),
        },
        {
          pattern: 'quotas/rate-limit/{name}',
          read({ params: { name = '' } }) {
            const limit = state.limits[name]
            if (limit === undefined) return empty
            const { path, rate, intervalSeconds } = limit
            return dataReply({ name, path, rate, interval: intervalSeconds, block_interval: 0, type: 'rate-limit' })
          },
          update: withFields(
            { path: 'text', rate: 'integer', interval: 'text', block_interval: 'text', role: 'text' },
            ({ path = '', rate = 0, interval = '1s', block_interval: block, role = '' }, { params: { name = '' } }) => {
              if (role !== '' || (block !== undefined && parseVaultDuration(block) !== 0)) {
                throw notBuilt('a quota of a role or with block_interval')
              }
              const intervalSeconds = parseVaultDuration(interval) ?? 0
              if (rate <= 0) throw invalidRequest("'rate' is invalid")
              if (intervalSeconds <= 0) throw invalidRequest("'interval' is invalid")
              state.limits[name] = { path, rate, intervalSeconds }
              windows.clear()
              core.changed()
              return empty
            },
          ),
          delete({ params: { name = '' } }) {
            delete state.limits[name]
            core.changed()
            return empty
          },
        },
      ],
    },
  }
}
