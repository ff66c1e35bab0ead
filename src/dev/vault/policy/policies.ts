import { invalidRequest, notBuilt } from '../errors.ts'
import type { StateAccess } from '../state.ts'
import { type Acl, createAcl, type PathPatterns, rootAcl } from './acl.ts'
import { type PathRule, toPathRule } from './policy-rules.ts'
import { parsePathBlocks } from './policy-text.ts'

/** What every token may do that was not made without this policy: manage itself, and unwrap. */
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

/** The policies and what they amount to. */
export interface PolicyStore {
  names(): readonly string[]
  /** The text of a policy; that of `root` is empty. */
  read(name: string): string | undefined
  /** @throws {DevVaultError} INVALID_REQUEST for a policy that cannot be read, or must not be changed */
  write(name: string, text: string): void
  remove(name: string): void
  /** What the policies allow together. One that does not exist allows nothing. */
  aclOf(names: readonly string[], entityId: string): Acl
}

/** Renders a template in the path of a rule for an entity; undefined: the rule allows nothing. */
export type RenderPath = (path: string, entityId: string) => string | undefined

/** Reads a policy. @throws {DevVaultError} INVALID_REQUEST */
export type ParsePolicy = (text: string) => readonly PathRule[]

/** The policies by name. @param added undefined: templates, and what is not HCL with prefixes, are refused */
export function createPolicyStore(
  { state, changed }: Pick<StateAccess, 'state' | 'changed'>,
  added: {
    renderPath: () => RenderPath | undefined
    parsePolicy: () => ParsePolicy | undefined
    patterns: () => PathPatterns | undefined
  },
): PolicyStore {
  const { renderPath } = added
  const parsePolicy: ParsePolicy = (text) => (added.parsePolicy() ?? parseOwnPolicy)(text)
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
        added.patterns(),
      )
    },
  }
}

function parseOwnPolicy(text: string): readonly PathRule[] {
  if (text.trimStart().startsWith('{')) throw notBuilt('a policy in JSON')
  const rules = parsePathBlocks(text).map(toPathRule)
  const plus = rules.find(({ path }) => path.split('/').includes('+'))
  if (plus !== undefined) throw notBuilt(`a + in the path of a policy, such as ${plus.path},`)
  return rules
}

const hasTemplate = (path: string) => /\{\{.+?\}\}/.test(path)
