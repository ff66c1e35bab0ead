import { isDeepStrictEqual } from 'node:util'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import type { KeyItem } from './key-items.ts'
import type { KeyRecord } from './key-record.ts'

/** The list as the keychain would have it. The arrays hold names. */
export interface RestoredList {
  records: readonly KeyRecord[]
  /** Those that are listed again, or otherwise than before. */
  restored: readonly string[]
  /** Those whose item is no key in a form that is known here: they are left alone. */
  unreadable: readonly string[]
  /** Those that the keychain does not have. They stay listed: it may be another keychain, or locked. */
  missing: readonly string[]
  /** Those whose key the keychain has under another name as well, which is listed. */
  repeated: readonly string[]
}

/**
 * Compares a list with what the keychain has.
 * @param listed what the list says
 * @param items what the keychain has, by name
 */
export function restoredList(listed: readonly KeyRecord[], items: ReadonlyMap<string, KeyItem>): RestoredList {
  const kept = new Map<string, KeyRecord>()
  const [restored, repeated]: [string[], string[]] = [[], []]
  const keyOf = ({ key }: KeyRecord) => Buffer.from(parsePublicKeyLine(key).blob).toString('base64')
  const before = new Map(listed.map((record) => [record.name, record]))

  const inOrder = [...listed.map(({ name }) => name), ...[...items.keys()].filter((name) => !before.has(name))]
  for (const name of inOrder) {
    const item = items.get(name)
    if (item?.type !== 'key') continue
    const key = keyOf(item.record)
    if (kept.has(key)) repeated.push(name)
    else kept.set(key, item.record)
    if (kept.get(key) === item.record && !isDeepStrictEqual(item.record, before.get(name))) restored.push(name)
  }

  // Behind those: a key that the keychain has under a name of its own is listed by that.
  const others = listed.filter((record) => items.get(record.name)?.type !== 'key' && !kept.has(keyOf(record)))
  return {
    records: [...kept.values(), ...others],
    restored,
    unreadable: [...items].flatMap(([name, { type }]) => (type === 'unreadable' ? [name] : [])),
    missing: others.map(({ name }) => name).filter((name) => !items.has(name)),
    repeated,
  }
}
