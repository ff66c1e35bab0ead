import { invalidRequest } from '../errors.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { type Handler, pageFields, type Route, withFields } from '../routes.ts'
import type { PolicyStore } from './policies.ts'

/** `sys/policies/acl/…`. */
export function createPolicyRoutes({ policies }: { policies: PolicyStore }): readonly Route[] {
  return [
    { pattern: 'policies/acl', list: withFields(pageFields, (page) => listReply(policies.names(), page)) },
    {
      pattern: 'policies/acl/{name*}',
      read({ params }) {
        const name = params.name!.toLowerCase()
        const policy = policies.read(name)
        return policy === undefined ? empty : dataReply({ name, policy })
      },
      update: writePolicy(policies),
      delete: removePolicy(policies),
    },
  ]
}

/** Writes the policy that a path names. */
export function writePolicy(policies: PolicyStore): Handler {
  return withFields({ policy: 'text', rules: 'text' }, ({ policy, rules }, { params }) => {
    const text = policy ?? rules ?? ''
    if (text === '') throw invalidRequest("'policy' parameter not supplied or empty")
    policies.write(params.name!.toLowerCase(), text)
    return empty
  })
}

/** Removes the policy that a path names. */
export function removePolicy(policies: PolicyStore): Handler {
  return ({ params }) => {
    policies.remove(params.name!.toLowerCase())
    return empty
  }
}
