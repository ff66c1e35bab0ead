import { invalidRequest } from '../errors.ts'
import type { PathBlock } from './policy-text.ts'

/** What a policy may grant on a path, or deny. */
export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch' | 'sudo' | 'deny'

/** One `path` of a policy. */
export interface PathRule {
  /** May end with `*`; plug-ins may allow more. */
  path: string
  capabilities: readonly Capability[]
}

const capabilities: readonly Capability[] = ['create', 'read', 'update', 'delete', 'list', 'patch', 'sudo', 'deny']

/**
 * What a path of a policy grants.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function toPathRule({ path: label, values }: PathBlock): PathRule {
  const refuse = (what: string) => invalidRequest(`failed to parse policy: path ${JSON.stringify(label)}: ${what}`)
  const path = label.replace(/^\//, '')
  if (path.includes('+*')) throw refuse("invalid use of wildcards ('+*' is forbidden)")
  const listed = (values.get('capabilities') ?? []).map((name) => {
    const capability = capabilities.find((known) => known === name)
    if (capability === undefined) throw refuse(`invalid capability ${JSON.stringify(name)}`)
    return capability
  })
  return { path, capabilities: listed }
}
