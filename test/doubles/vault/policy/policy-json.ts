import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { textOf } from '../../../../src/dev/vault/fields.ts'
import { checkSetting, invalidKey, type PathBlock, settings } from '../../../../src/dev/vault/policy/policy-text.ts'

/**
 * Reads `{"path": {"ssh/*": {"capabilities": ["read"]}}}`, each object also in a list of them. Undefined: not JSON.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function parseJsonBlocks(text: string): readonly PathBlock[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw invalidRequest(`failed to parse policy: ${cause instanceof Error ? cause.message : 'not JSON'}`)
  }
  const entries = asObjects(parsed).flatMap((object) => Object.entries(object))
  const wrong = entries.find(([name]) => name !== 'path' && name !== 'name')
  if (wrong !== undefined) throw invalidKey(wrong[0])
  const paths = entries.filter(([name]) => name === 'path').flatMap(([, value]) => asObjects(value))
  return paths
    .flatMap((object) => Object.entries(object))
    .map(([path, rule]) => ({ path, values: valuesOf(path, rule) }))
}

function asObjects(value: unknown): readonly object[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.map((object) => {
    if (typeof object === 'object' && object !== null) return object
    throw invalidRequest('failed to parse policy: an object was expected')
  })
}

function valuesOf(path: string, rule: unknown): ReadonlyMap<string, readonly string[]> {
  const entries = asObjects(rule).flatMap((object) => Object.entries(object))
  return new Map(
    entries.map(([name, value]) => [checkSetting(path, name, [...settings, 'policy']), [value].flat().map(textOf)]),
  )
}
