import { invalidRequest } from '../errors.ts'
import { hasTemplate, renderTemplate, TemplateError } from '../identity/templates.ts'
import type { DevVaultState, Entity } from '../state.ts'
import { type Acl, createAcl, rootAcl } from './acl.ts'
import { type PathRule, parsePolicy } from './policy-rules.ts'

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
  aclOf(names: readonly string[], entity: Entity | undefined): Acl
}

/** The policies by name. */
export function createPolicyStore(deps: { state: Pick<DevVaultState, 'policies'>; changed: () => void }): PolicyStore {
  const { state, changed } = deps
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
      parsePolicy(text)
      state.policies[name] = text
      changed()
    },
    remove(name) {
      if (Object.hasOwn(fixed, name) || name === 'default') throw invalidRequest(`cannot delete "${name}" policy`)
      delete state.policies[name]
      changed()
    },
    aclOf(names, entity) {
      if (names.includes('root')) return rootAcl
      const rules = names.flatMap((name) => parsePolicy(read(name) ?? ''))
      return createAcl(rules.flatMap((rule) => renderRule(rule, entity)))
    },
  }
}

/** A rule whose template cannot be rendered for the caller allows the caller nothing. */
function renderRule(rule: PathRule, entity: Entity | undefined): readonly PathRule[] {
  if (!hasTemplate(rule.path)) return [rule]
  try {
    return [{ ...rule, path: renderTemplate(rule.path, entity) }]
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}
