import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { wrappingPolicy } from '../../../../src/dev/vault/policy/policies.ts'
import { sanitizePolicies } from '../../../../src/dev/vault/token/token-terms.ts'

/** What decides the policies of a new token. */
export interface PolicyChoice {
  asked: readonly string[]
  noDefault: boolean
  /** The policies of the token that makes the new one. */
  parent: readonly string[]
  isSudo: boolean
}

/**
 * The policies of a new token: never more than its parent has, unless `sudo` allows it.
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

function chooseNames({ asked, noDefault, parent, isSudo }: PolicyChoice): readonly string[] {
  if (asked.length === 0) return sanitizePolicies(parent, false)
  if (isSudo) return sanitizePolicies(asked, !noDefault)
  const wanted = sanitizePolicies(asked, false)
  if (!wanted.every((name) => parent.includes(name))) throw invalidRequest('child policies must be subset of parent')
  return sanitizePolicies(wanted, !noDefault && parent.includes('default'))
}
