import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeCertificate, isSignatureValid } from '../../src/ssh/certificate.ts'
import { parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { SshReader } from '../../src/ssh/wire.ts'
import { callVault, type VaultReply } from './dev-vault.ts'

/** One request to a real server and what it answered; test/vectors/vault-exchanges/README.md describes them. */
export interface RecordedExchange {
  name: string
  request: {
    method: string
    path: string
    headers: Readonly<Record<string, string>>
    body?: object
    form?: Readonly<Record<string, string>>
    raw?: string
  }
  response: { status: number; headers: Readonly<Record<string, string>>; json?: unknown; text?: string }
}

export interface ReplayTarget {
  address: string
  rootToken: string
  /** The client certificate that is shown from here on, in PEM; absent: none. */
  shown?: { cert: string; key: string } | undefined
}

/** Recorded text → what stands for it on this server. */
export type Stand = Record<string, string>

/** Run before an exchange for what was set up outside the recording. */
export type Preparation = (stand: Stand, target: ReplayTarget) => Promise<void>

export interface ReplayedExchange {
  name: string
  /** What differs from the recording; empty where they agree. */
  differences: readonly string[]
  reply: VaultReply
}

const vectors = join(dirname(fileURLToPath(import.meta.url)), '../vectors/vault-exchanges')

export function readExchanges(file: string): readonly RecordedExchange[] {
  const { exchanges }: { exchanges: readonly RecordedExchange[] } = JSON.parse(
    readFileSync(join(vectors, `${file}.json`), 'utf8'),
  )
  return exchanges
}

/** The file's name with the exchange's, unique also where a name is used twice. */
export function exchangeTitles(exchanges: readonly RecordedExchange[]): readonly string[] {
  const seen = new Map<string, number>()
  return exchanges.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

/**
 * Makes the recorded requests in their order and compares the answers.
 * @param preparations by the number of the exchange that they come before
 */
export async function replay(
  exchanges: readonly RecordedExchange[],
  { address, rootToken }: ReplayTarget,
  preparations: ReadonlyMap<number, Preparation>,
): Promise<readonly ReplayedExchange[]> {
  const target: ReplayTarget = { address, rootToken }
  const stand: Stand = { '(root token)': target.rootToken }
  const replayed: ReplayedExchange[] = []
  for (const [index, exchange] of exchanges.entries()) {
    await preparations.get(index)?.(stand, target)
    const reply = await send(exchange, target, stand)
    learn(exchange.response.json, reply.json, stand)
    const expected: RecordedExchange['response'] = put(exchange.response, stand)
    replayed.push({ name: exchange.name, reply, differences: compare(expected, reply) })
  }
  return replayed
}

function send(exchange: RecordedExchange, target: ReplayTarget, stand: Stand): Promise<VaultReply> {
  const { method, path, headers, body, form, raw }: RecordedExchange['request'] = put(exchange.request, stand)
  const { 'X-Vault-Request': _sentAnyway, ...others } = headers
  const sent = raw ?? (form === undefined ? undefined : new URLSearchParams(form).toString())
  return callVault(target.address, method, path.replace('/v1/', ''), {
    headers: others,
    body,
    raw: sent,
    shown: target.shown,
  })
}

/** Names of values that differ from run to run; their types must agree all the same. */
const varying = new Set([
  'request_id',
  'client_token',
  'accessor',
  'id',
  'entity_id',
  'issuer_id',
  'serial_number',
  'secret_id',
  'secret_id_accessor',
  'role_id',
  'token',
  'wrapped_accessor',
  'uuid',
  'creation_time',
  'expire_time',
  'issue_time',
  'last_renewal',
  'last_renewal_time',
  'server_time_utc',
  'cluster_id',
  'cluster_name',
  'version',
  'mfa_request_id',
  'method_id',
  'auth_url',
  'state',
  'authority_key_id',
  'subject_key_id',
])

/** Remembers which value of this server stands for which recorded one, wherever both answers have it. */
function learn(recorded: unknown, live: unknown, stand: Stand): void {
  if (!isRecord(recorded) || !isRecord(live)) return
  for (const [name, value] of Object.entries(recorded)) {
    const own = live[name]
    // Short values, such as a token called "root", would be found inside of others.
    if (varying.has(name) && typeof value === 'string' && typeof own === 'string' && value.length >= 16) {
      stand[value] = own
    }
    learn(value, own, stand)
  }
}

/** A recorded value with everything in it that stands for something of this server. */
function put<T>(value: T, stand: Stand): T {
  const text = Object.entries(stand).reduce(
    (sum, [recorded, live]) => sum.replaceAll(JSON.stringify(recorded).slice(1, -1), JSON.stringify(live).slice(1, -1)),
    JSON.stringify(value),
  )
  return JSON.parse(text)
}

function compare(expected: RecordedExchange['response'], reply: VaultReply): readonly string[] {
  const differences: string[] = []
  if (reply.status !== expected.status) differences.push(`status ${reply.status}, recorded ${expected.status}`)
  for (const [name, value] of Object.entries(expected.headers)) {
    if (reply.headers[name] !== value)
      differences.push(`header ${name}: ${String(reply.headers[name])}, recorded ${value}`)
  }
  if (expected.json !== undefined) differences.push(...compareValues('', '', expected.json, reply.json))
  if (expected.text !== undefined) differences.push(...compareTexts(expected.text, reply.text))
  return differences
}

function compareTexts(expected: string, own: string): readonly string[] {
  // The recording has no page, but says that there was one.
  if (expected.startsWith('(an HTML page') && own.startsWith('<')) return []
  const typeOf = (text: string) => /^(\S+) AAAA[A-Za-z0-9+/]+=*\n$/.exec(text)?.[1] ?? text
  return typeOf(expected) === typeOf(own) ? [] : [`text ${JSON.stringify(own)}, recorded ${JSON.stringify(expected)}`]
}

function compareValues(path: string, name: string, expected: unknown, own: unknown): readonly string[] {
  const differs = [`${path}: ${JSON.stringify(own)}, recorded ${JSON.stringify(expected)}`]
  if (Array.isArray(expected) && Array.isArray(own)) return compareLists(path, name, expected, own)
  if (isRecord(expected) && isRecord(own)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(own)])]
    return names.flatMap((key) => {
      if (!Object.hasOwn(own, key)) return [`${path}.${key} is missing`]
      if (!Object.hasOwn(expected, key)) return [`${path}.${key} is not recorded`]
      return compareValues(`${path}.${key}`, key, expected[key], own[key])
    })
  }
  if (typeof expected === 'string' && typeof own === 'string') {
    if (name === 'signed_key') return compareCertificates(path, expected, own)
    if (name === 'public_key') return compareTexts(expected, own)
    if (name === 'private_key') return compareFirstLines(path, expected, own)
    // A mount's accessor is its type and a random number, and so is its name here.
    if (varying.has(name)) return []
  }
  if (typeof expected === 'number' && typeof own === 'number') {
    if (varying.has(name)) return []
    // The recorder's clock ran on between two calls.
    if (name === 'ttl' && own - expected >= 0 && own - expected <= 1) return []
  }
  return expected === own ? [] : differs
}

function compareLists(path: string, name: string, expected: unknown[], own: unknown[]): readonly string[] {
  if (expected.length !== own.length) return [`${path} has ${own.length} items, recorded ${expected.length}`]
  // Lists of names come sorted, and random ones sort otherwise.
  const sorted = (list: unknown[]) => (name === 'keys' ? list.map(String).sort() : list)
  const others = sorted(own)
  return sorted(expected).flatMap((item, index) => compareValues(`${path}[${index}]`, '', item, others[index]))
}

function compareFirstLines(path: string, expected: string, own: string): readonly string[] {
  const [wanted, got] = [expected, own].map((text) => text.split('\n')[0])
  return wanted === got ? [] : [`${path} begins ${got}, recorded ${wanted}`]
}

function compareCertificates(path: string, expected: string, own: string): readonly string[] {
  const [wanted, got] = [describeCertificate(expected), describeCertificate(own)]
  return Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(got[name]))
    .map(([name, value]) => `${path} ${name}: ${JSON.stringify(got[name])}, recorded ${JSON.stringify(value)}`)
}

function describeCertificate(line: string): Readonly<Record<string, unknown>> {
  const certificate = decodeCertificate(parsePublicKeyLine(line).blob)
  return {
    endsWithNewline: line.endsWith('\n'),
    type: certificate.type,
    certificateType: certificate.certificateType,
    principals: certificate.principals,
    criticalOptions: [...certificate.criticalOptions],
    extensions: [...certificate.extensions],
    lifetime: String(certificate.validBefore - certificate.validAfter),
    // The hash in it is that of the key, which `issue` makes anew.
    keyId: certificate.keyId.replace(/[0-9a-f]{64}/, 'HASH'),
    caType: certificate.signatureKey.type,
    signatureType: new SshReader(certificate.signature).text(),
    isSignatureValid: isSignatureValid(certificate),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
