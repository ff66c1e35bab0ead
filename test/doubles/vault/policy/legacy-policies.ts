import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { removePolicy, writePolicy } from '../../../../src/dev/vault/policy/policy-routes.ts'
import { empty, type Reply } from '../../../../src/dev/vault/reply.ts'
import type { Handler } from '../../../../src/dev/vault/routes.ts'

/** `sys/policy/…`, the older path of policies, and policies that come as base64. */
export const legacyPolicies: Plugin = ({ policies }) => {
  const list = (): Reply => {
    const names = policies.names()
    return { type: 'data', data: { keys: names, policies: names }, isAlsoOnTop: true }
  }
  return {
    decorate(type, route) {
      const isPolicy = type === 'system' && /^(policies\/acl|policy)\/\{name\*\}$/.test(route.pattern)
      return isPolicy ? { ...route, update: decoding(route.update!) } : route
    },
    routes: {
      system: [
        { pattern: 'policy', read: list, list },
        {
          pattern: 'policy/{name*}',
          read({ params }): Reply {
            const name = params.name!.toLowerCase()
            const rules = policies.read(name)
            return rules === undefined ? empty : { type: 'data', data: { name, rules }, isAlsoOnTop: true }
          },
          update: writePolicy(policies),
          delete: removePolicy(policies),
        },
      ],
    },
  }
}

/** A policy in clear always holds a character that base64 does not have. */
function decoding(write: Handler): Handler {
  const decode = (value: unknown) =>
    typeof value === 'string' && /^[A-Za-z0-9+/\r\n]+={0,2}$/.test(value.trim())
      ? Buffer.from(value, 'base64').toString('utf8')
      : value
  return (request) =>
    write({
      ...request,
      data: Object.fromEntries(Object.entries(request.data).map(([name, value]) => [name, decode(value)])),
    })
}
