import { invalidRequest } from '../errors.ts'
import { type HclBody, type HclValue, parseHcl } from './hcl.ts'

/** What a policy may grant on a path, or deny. */
export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch' | 'sudo' | 'deny'

/** One `path` of a policy. */
export interface PathRule {
  /** May end with `*`, and may have `+` for one segment. */
  path: string
  capabilities: readonly Capability[]
}

const capabilities: readonly Capability[] = ['create', 'read', 'update', 'delete', 'list', 'patch', 'sudo', 'deny']
/** The short-hands of policies from before capabilities. */
const shorthands: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ['deny', ['deny']],
  ['read', ['read', 'list']],
  ['write', ['create', 'read', 'update', 'delete', 'list']],
  ['sudo', ['create', 'read', 'update', 'delete', 'list', 'sudo']],
])

/**
 * Reads a policy in HCL or JSON as far as it decides about paths and capabilities. What it does not decide here, such as
 * `allowed_parameters`, is refused: a rule that is stored and then ignored would allow more than it says.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function parsePolicy(text: string): PathRule[] {
  const body = text.trimStart().startsWith('{') ? parseJsonBody(text) : parseHcl(text)
  for (const name of body.values.keys()) {
    if (name !== 'name' && name !== 'path') throw invalidKey(name)
  }
  for (const { keyword } of body.blocks) if (keyword !== 'path') throw invalidKey(keyword)
  return body.blocks.map(({ labels, body: rule }) => toRule(labels, rule))
}

const invalidKey = (name: string) => invalidRequest(`failed to parse policy: invalid key ${JSON.stringify(name)}`)

function toRule(labels: readonly string[], { values, blocks }: HclBody): PathRule {
  const [label] = labels
  if (label === undefined || labels.length > 1) throw invalidRequest('failed to parse policy: a path needs one label')
  const refuse = (what: string) => invalidRequest(`failed to parse policy: path ${JSON.stringify(label)}: ${what}`)
  for (const name of [...values.keys(), ...blocks.map(({ keyword }) => keyword)]) {
    if (!['capabilities', 'policy', 'comment'].includes(name)) {
      throw refuse(`key ${JSON.stringify(name)} is not built into the development server`)
    }
  }
  const path = label.replace(/^\//, '')
  if (path.includes('+*')) throw refuse("invalid use of wildcards ('+*' is forbidden)")
  const policy = values.get('policy')
  const shorthand = typeof policy === 'string' ? shorthands.get(policy) : undefined
  if (policy !== undefined && shorthand === undefined) throw refuse(`invalid policy ${JSON.stringify(policy)}`)
  const listed = toTexts(values.get('capabilities')).map((name) => {
    const capability = capabilities.find((known) => known === name)
    if (capability === undefined) throw refuse(`invalid capability ${JSON.stringify(name)}`)
    return capability
  })
  return { path, capabilities: [...(shorthand ?? []), ...listed] }
}

function toTexts(value: HclValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.map(String) : []
}

/** JSON says the same as HCL: `{"path": {"ssh/*": {"capabilities": ["read"]}}}`, each object also in a list of them. */
function parseJsonBody(text: string): HclBody {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw invalidRequest(`failed to parse policy: ${cause instanceof Error ? cause.message : 'not JSON'}`)
  }
  const entries = asObjects(parsed).flatMap((object) => Object.entries(object))
  const paths = entries.filter(([name]) => name === 'path').flatMap(([, value]) => asObjects(value))
  return {
    values: new Map(entries.filter(([name]) => name !== 'path').map(([name]) => [name, ''])),
    blocks: paths.flatMap((object) =>
      Object.entries(object).map(([path, rule]) => ({
        keyword: 'path',
        labels: [path],
        body: { values: new Map(asObjects(rule).flatMap(valuesOf)), blocks: [] },
      })),
    ),
  }
}

function asObjects(value: unknown): readonly object[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.map((object) => {
    if (typeof object === 'object' && object !== null) return object
    throw invalidRequest('failed to parse policy: an object was expected')
  })
}

function valuesOf(object: object): [string, HclValue][] {
  return Object.entries(object).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)])
}
