import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { removePolicy, writePolicy } from '../../../../src/dev/vault/policy/policy-routes.ts'
import { empty, type Reply } from '../../../../src/dev/vault/reply.ts'

/** `sys/policy/…`, as policies were called before. */
export const legacyPolicies: Plugin = ({ policies }) => {
  const list = (): Reply => {
    const names = policies.names()
    return { type: 'data', data: { keys: names, policies: names }, isAlsoOnTop: true }
  }
  return {
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
