import { invalidRequest } from './errors.ts'
import { wrappingPolicy } from './policies.ts'
import type { TokenRole } from './state.ts'
import { sanitizePolicies } from './token-terms.ts'

/** What decides about the policies of a new token. */
export interface PolicyChoice {
  asked: readonly string[]
  noDefault: boolean
  /** The policies of the token that makes the new one. */
  parent: readonly string[]
  isSudo: boolean
  role: TokenRole | undefined
}

/**
 * The policies of a new token: never more than its parent has, unless a role or `sudo` allows it.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function choosePolicies(choice: PolicyChoice): readonly string[] {
  const chosen = chooseNames(choice)
  const policies = choice.noDefault ? chosen.filter((name) => name !== 'default') : chosen
  if (policies.includes(wrappingPolicy)) throw invalidRequest(`cannot assign policy "${wrappingPolicy}"`)
  if (policies.includes('root') && !choice.parent.includes('root')) {
    throw invalidRequest('root tokens may not be created without parent token being root')
  }
  return policies
}

function chooseNames({ asked, noDefault, parent, isSudo, role }: PolicyChoice): readonly string[] {
  if (role !== undefined && restricts(role)) return chooseByRole(role, asked, noDefault, parent)
  if (asked.length === 0) return sanitizePolicies(parent, false)
  if (isSudo) return sanitizePolicies(asked, !noDefault)
  const wanted = sanitizePolicies(asked, false)
  if (!wanted.every((name) => parent.includes(name))) throw invalidRequest('child policies must be subset of parent')
  return sanitizePolicies(wanted, !noDefault && parent.includes('default'))
}

function restricts(role: TokenRole): boolean {
  return [role.allowedPolicies, role.disallowedPolicies, role.allowedPoliciesGlob, role.disallowedPoliciesGlob].some(
    ({ length }) => length > 0,
  )
}

function chooseByRole(
  role: TokenRole,
  asked: readonly string[],
  noDefault: boolean,
  parent: readonly string[],
): readonly string[] {
  const isDisallowed = (name: string) =>
    role.disallowedPolicies.includes(name) || matchesGlob(role.disallowedPoliciesGlob, name)
  const addsDefault = !noDefault && !role.noDefaultPolicy && !isDisallowed('default')
  const allowed = sanitizePolicies(role.allowedPolicies, addsDefault)
  const isLimited = role.allowedPolicies.length > 0 || role.allowedPoliciesGlob.length > 0
  const policies =
    asked.length > 0
      ? sanitizePolicies(asked, addsDefault)
      : isLimited
        ? allowed
        : sanitizePolicies(parent, addsDefault)
  const beyond = policies.find((name) => !allowed.includes(name) && !matchesGlob(role.allowedPoliciesGlob, name))
  if (isLimited && asked.length > 0 && beyond !== undefined) {
    throw invalidRequest(
      `token policies (${quote(policies)}) must be subset of the role's allowed policies (${quote(allowed)}) or glob policies (${quote(role.allowedPoliciesGlob)})`,
    )
  }
  const refused = policies.find(isDisallowed)
  if (refused !== undefined) throw invalidRequest(`token policy "${refused}" is disallowed by this role`)
  return policies
}

/** Globs with `*` at either end or both. */
function matchesGlob(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => {
    const source = glob
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')
    return new RegExp(`^${source}$`).test(name)
  })
}

/** A list as Go's %q prints it. */
const quote = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(' ')}]`
