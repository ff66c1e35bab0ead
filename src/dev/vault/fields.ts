import { invalidRequest, notBuilt } from './errors.ts'
import { parseVaultDuration } from './go-duration.ts'

/** What a field of a request may be; Vault converts weakly, so a number may come as text and a list as `a,b`. */
export type FieldKind = 'text' | 'boolean' | 'integer' | 'seconds' | 'list' | 'map' | 'textMap' | 'notBuilt'
/** The fields of a path by name. */
export type FieldKinds = Readonly<Record<string, FieldKind>>

type ValueOf<K extends FieldKind> = K extends 'text'
  ? string
  : K extends 'boolean'
    ? boolean
    : K extends 'integer' | 'seconds'
      ? number
      : K extends 'list'
        ? readonly string[]
        : K extends 'map'
          ? Readonly<Record<string, unknown>>
          : K extends 'textMap'
            ? Readonly<Record<string, string>>
            : undefined

/** The fields that were given; one that was not is absent. */
export type Fields<S extends FieldKinds> = { readonly [Name in keyof S]?: ValueOf<S[Name]> }

/**
 * Reads the known fields of a request; one that is known and not built must not be set.
 * @throws {DevVaultError} INVALID_REQUEST in the words of Vault's framework
 */
export function readFields<S extends FieldKinds>(kinds: S, data: Readonly<Record<string, unknown>>): Fields<S> {
  const given = Object.entries(kinds)
    .filter(([name]) => data[name] !== undefined && data[name] !== null)
    .map(([name, kind]) => [name, convert[kind](name, data[name])] as const)
  // The compiler cannot follow a table of kinds through fromEntries.
  return Object.fromEntries(given) as Fields<S>
}

/** What Vault says about fields that it does not know, or undefined where there are none. */
export function warnOfUnknownFields(
  kinds: FieldKinds,
  pathNames: readonly string[],
  data: Readonly<Record<string, unknown>>,
): string | undefined {
  const unknown = Object.keys(data).filter((name) => !Object.hasOwn(kinds, name) && !pathNames.includes(name))
  if (unknown.length === 0) return undefined
  return `Endpoint ignored these unrecognized parameters: [${unknown.sort().join(' ')}]`
}

const convert: Readonly<Record<FieldKind, (name: string, value: unknown) => unknown>> = {
  text: toText,
  boolean: toBoolean,
  integer: toInteger,
  seconds: toSeconds,
  list: toList,
  map: toMap,
  textMap: toTextMap,
  notBuilt: refuseIfSet,
}

/** A value that would decide something is not ignored; one that asks for nothing may be. */
function refuseIfSet(name: string, value: unknown): undefined {
  if (!isUnset(value)) throw notBuilt(`'${name}'`)
}

/** Whether a value asks for nothing, as with clients that send every field that they know. */
export function isUnset(value: unknown): boolean {
  if (typeof value === 'object') return Object.keys(value ?? {}).length === 0
  return value === false || value === 0 || value === '' || value === '0' || value === '0s'
}

function failed(name: string, reason: string): Error {
  return invalidRequest(`Field validation failed: error converting input for field "${name}": ${reason}`)
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** A value as text, where nothing more is known about it; empty where it cannot be text. */
export function textOf(value: unknown): string {
  return isScalar(value) ? String(value) : ''
}

function toText(name: string, value: unknown): string {
  if (isScalar(value)) return String(value)
  throw failed(name, `'' expected type 'string', got unconvertible type '${goTypeOf(value)}'`)
}

function toBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string' && /^(1|t|true|T|TRUE|True)$/.test(value)) return true
  if (typeof value === 'string' && /^(|0|f|false|F|FALSE|False)$/.test(value)) return false
  throw failed(name, `cannot parse '' as bool: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
}

function toInteger(name: string, value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw failed(name, `cannot parse '' as int: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
}

function toSeconds(name: string, value: unknown): number {
  const isTime = typeof value === 'string' || typeof value === 'number'
  const seconds = isTime ? parseVaultDuration(value) : undefined
  if (seconds === undefined) throw failed(name, `time: invalid duration ${JSON.stringify(value)}`)
  if (seconds < 0) throw failed(name, `cannot provide negative value '${seconds}'`)
  return seconds
}

function toList(name: string, value: unknown): readonly string[] {
  const parts = Array.isArray(value) ? value.map((part) => toText(name, part)) : toText(name, value).split(',')
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function toMap(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw failed(name, `'' expected a map, got '${goTypeOf(value)}'`)
}

function toTextMap(name: string, value: unknown): Readonly<Record<string, string>> {
  if (Array.isArray(value)) {
    return Object.fromEntries(value.map((pair) => splitPair(name, toText(name, pair))))
  }
  return Object.fromEntries(Object.entries(toMap(name, value)).map(([key, text]) => [key, toText(name, text)]))
}

function splitPair(name: string, pair: string): readonly [string, string] {
  const at = pair.indexOf('=')
  if (at < 0) throw failed(name, `invalid key pair ${JSON.stringify(pair)}`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'number' ? 'json.Number' : typeof value
}
