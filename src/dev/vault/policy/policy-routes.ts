import { invalidRequest } from '../errors.ts'
import { empty, listReply, type Reply } from '../reply.ts'
import { type Handler, pageFields, type Route, withFields } from '../routes.ts'
import type { PolicyStore } from './policies.ts'

/** `sys/policies/acl/…`, and `sys/policy/…` as it was called before. */
export function createPolicyRoutes({ policies }: { policies: PolicyStore }): readonly Route[] {
  const readAs =
    (textName: 'policy' | 'rules', isAlsoOnTop: boolean): Handler =>
    ({ params }): Reply => {
      const name = params.name!.toLowerCase()
      const text = policies.read(name)
      return text === undefined ? empty : { type: 'data', data: { name, [textName]: text }, isAlsoOnTop }
    }
  const write = withFields({ policy: 'text', rules: 'text' }, ({ policy, rules }, { params }) => {
    const text = policy ?? rules ?? ''
    if (text === '') throw invalidRequest("'policy' parameter not supplied or empty")
    policies.write(params.name!.toLowerCase(), decodeIfBase64(text))
    return empty
  })
  const remove: Handler = ({ params }) => {
    policies.remove(params.name!.toLowerCase())
    return empty
  }
  const listLegacy = (): Reply => {
    const names = policies.names()
    return { type: 'data', data: { keys: names, policies: names }, isAlsoOnTop: true }
  }
  return [
    { pattern: 'policies/acl', list: withFields(pageFields, (page) => listReply(policies.names(), page)) },
    { pattern: 'policies/acl/{name*}', read: readAs('policy', false), update: write, delete: remove },
    { pattern: 'policy', read: listLegacy, list: listLegacy },
    { pattern: 'policy/{name*}', read: readAs('rules', true), update: write, delete: remove },
  ]
}

/** Clients may send a policy as base64; a policy in clear always holds a character that base64 has not. */
function decodeIfBase64(text: string): string {
  return /^[A-Za-z0-9+/\r\n]+={0,2}$/.test(text.trim()) ? Buffer.from(text, 'base64').toString('utf8') : text
}
