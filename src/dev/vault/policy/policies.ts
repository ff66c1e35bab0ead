import { invalidRequest, notBuilt } from '../errors.ts'
import type { StateAccess } from '../state.ts'
import { type Acl, createAcl, rootAcl } from './acl.ts'
import { toPathRule } from './policy-rules.ts'
import { type PathBlock, parsePathBlocks } from './policy-text.ts'

/** What every token may do that was not made without it: see to itself, and unwrap. */
const defaultPolicy = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] }
path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "sys/wrapping/wrap" { capabilities = ["update"] }
path "sys/wrapping/lookup" { capabilities = ["update"] }
path "sys/wrapping/unwrap" { capabilities = ["update"] }
`.trim()

/** The policy of a wrapping token, which is good for one thing. */
export const wrappingPolicy = 'response-wrapping'

/** The policies and what they come to. */
export interface PolicyStore {
  names(): readonly string[]
  /** The text of a policy; that of `root` is empty. */
  read(name: string): string | undefined
  /** @throws {DevVaultError} INVALID_REQUEST for a policy that cannot be read or not be changed */
  write(name: string, text: string): void
  remove(name: string): void
  /** What the policies allow together. One that does not exist allows nothing. */
  aclOf(names: readonly string[], entityId: string): Acl
}

/** Renders a template in the path of a rule for an entity; undefined: the rule allows nothing. */
export type RenderPath = (path: string, entityId: string) => string | undefined

/** Reads a policy that is not in HCL; undefined where it is. @throws {DevVaultError} INVALID_REQUEST */
export type ParsePathBlocks = (text: string) => readonly PathBlock[] | undefined

/** The policies by name. @param added undefined: templates, and policies that are not in HCL, are refused */
export function createPolicyStore(
  { state, changed }: Pick<StateAccess, 'state' | 'changed'>,
  added: { renderPath: () => RenderPath | undefined; parsePathBlocks: () => ParsePathBlocks | undefined },
): PolicyStore {
  const { renderPath } = added
  const parsePolicy = (text: string) => {
    const blocks = added.parsePathBlocks()?.(text)
    if (blocks === undefined && text.trimStart().startsWith('{')) throw notBuilt('a policy in JSON')
    return (blocks ?? parsePathBlocks(text)).map(toPathRule)
  }
  const fixed: Readonly<Record<string, string>> = { root: '', [wrappingPolicy]: '' }
  const read = (name: string): string | undefined => {
    if (Object.hasOwn(fixed, name)) return fixed[name]
    return state.policies[name] ?? (name === 'default' ? defaultPolicy : undefined)
  }
  return {
    names: () => [...new Set(['default', 'root', ...Object.keys(state.policies)])].sort(),
    read,
    write(name, text) {
      if (Object.hasOwn(fixed, name)) throw invalidRequest(`cannot update "${name}" policy`)
      const template = parsePolicy(text).find(({ path }) => hasTemplate(path))
      if (template !== undefined && renderPath() === undefined) {
        throw notBuilt(`a template in the path of a policy, such as ${template.path},`)
      }
      state.policies[name] = text
      changed()
    },
    remove(name) {
      if (Object.hasOwn(fixed, name) || name === 'default') throw invalidRequest(`cannot delete "${name}" policy`)
      delete state.policies[name]
      changed()
    },
    aclOf(names, entityId) {
      if (names.includes('root')) return rootAcl
      const rules = names.flatMap((name) => parsePolicy(read(name) ?? ''))
      return createAcl(
        rules.flatMap((rule) => {
          const path = hasTemplate(rule.path) ? renderPath()?.(rule.path, entityId) : rule.path
          return path === undefined ? [] : [{ ...rule, path }]
        }),
      )
    },
  }
}

const hasTemplate = (path: string) => /\{\{.+?\}\}/.test(path)
