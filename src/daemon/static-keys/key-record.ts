import * as v from 'valibot'
import { hostPatternMistake, hostPatterns } from '../../agent/destination/host-patterns.ts'
import type { StaticKey } from '../../agent/keys/static-keys.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'

/** What is public of a stored key, and its settings, as they are written down. */
export const keyRecord = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/)),
  /** A line of a .pub file, with its comment. */
  key: v.pipe(v.string(), v.check(isPublicKeyLine, 'not a public key')),
  hosts: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.check((host) => hostPatternMistake(host) === undefined),
        ),
      ),
      v.minLength(1),
    ),
  ),
  confirm: v.exactOptional(v.literal('always')),
  lifetimeSeconds: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(31_536_000))),
})
/** Such a record. */
export type KeyRecord = v.InferOutput<typeof keyRecord>

/** The settings that are given for a key. What is absent stays as it is, and null is what a new key has. */
export interface GivenSettings {
  hosts?: readonly string[] | null
  confirm?: 'always' | null
  lifetimeSeconds?: number | null
}

/** The record of a key. @param former the one that it had until now */
export function recordWith(name: string, key: string, given: GivenSettings, former?: KeyRecord): KeyRecord {
  const chosen = <T>(one: T | null | undefined, before: T | undefined) =>
    one === undefined ? before : (one ?? undefined)
  const hosts = chosen(given.hosts, former?.hosts)
  const confirm = chosen(given.confirm, former?.confirm)
  const lifetimeSeconds = chosen(given.lifetimeSeconds, former?.lifetimeSeconds)
  return {
    name,
    key,
    ...(hosts === undefined ? {} : { hosts: [...hosts] }),
    ...(confirm === undefined ? {} : { confirm }),
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
  }
}

/** The key as the agent has it. */
export function staticKeyOf({ name, key, hosts, confirm, lifetimeSeconds }: KeyRecord): StaticKey {
  const { blob, comment } = parsePublicKeyLine(key)
  const patterns = hosts && hostPatterns(hosts)
  return { name, keyBlob: blob, comment, hosts: patterns, confirm: confirm ?? 'never', lifetimeSeconds }
}

function isPublicKeyLine(line: string): boolean {
  try {
    parsePublicKeyLine(line)
    return true
  } catch {
    return false
  }
}
