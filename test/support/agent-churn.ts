import { createHash, createPrivateKey, generateKeyPairSync, generatePrimeSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { verifySignature } from '../../src/ssh/signature.ts'
import { addKey, empty, number, readSignature, reply, signRequest } from './agent-messages.ts'
import type { RawClient } from './agent-subject.ts'

/** A key of the client, ready to be added and to be signed with. */
export interface ChurnKey {
  add: Uint8Array
  /** Checks a signature blob over `data`. */
  isSignature(data: Uint8Array, signature: Uint8Array): boolean
  blob: Uint8Array
}

export type ChurnKeyType = 'ed25519' | 'p256' | 'p384' | 'p521' | 'rsa-2048'

export const churnKeyTypes: readonly ChurnKeyType[] = ['ed25519', 'p256', 'p384', 'p521', 'rsa-2048']

/** rsa-sha2-512: the flags of other keys are ignored. */
const signFlags = 4

/** @param counts how many of which type; of the others none */
export function makeChurnKeys(counts: Partial<Record<ChurnKeyType, number>>): ChurnKey[] {
  return churnKeyTypes.flatMap((type) => keysOfType(type, counts[type] ?? 0)).map(toChurnKey)
}

function keysOfType(type: ChurnKeyType, count: number): KeyObject[] {
  return type === 'rsa-2048' ? rsaKeys(count) : Array.from({ length: count }, () => generateKey(type))
}

function generateKey(type: Exclude<ChurnKeyType, 'rsa-2048'>): KeyObject {
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: `P-${type.slice(1)}` }).privateKey
}

/** Each pair of a few primes makes a key: generating thousands of keys would take minutes. */
function rsaKeys(count: number): KeyObject[] {
  const primes: bigint[] = []
  const keys: KeyObject[] = []
  while (keys.length < count) {
    const p = generatePrimeSync(1024, { bigint: true })
    if ((p - 1n) % rsaExponent === 0n) continue
    for (const q of primes) if (keys.length < count) keys.push(rsaKey(p, q))
    primes.push(p)
  }
  return keys
}

const rsaExponent = 65537n

function rsaKey(p: bigint, q: bigint): KeyObject {
  const d = inverse(rsaExponent, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: rsaExponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, toBase64url(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}

function toBase64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** Extended Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, coefficient, nextCoefficient] = [modulus, value % modulus, 0n, 1n]
  while (next !== 0n) {
    const quotient = rest / next
    ;[rest, next] = [next, rest - quotient * next]
    ;[coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient]
  }
  return ((coefficient % modulus) + modulus) % modulus
}

function toChurnKey(key: KeyObject): ChurnKey {
  const publicKey = publicKeyFromKeyObject(key)
  return {
    add: addKey(key, 'churn'),
    blob: publicKey.blob,
    isSignature: (data, signature) => verifySignature(publicKey, data, signature),
  }
}

async function expectAnswer(client: RawClient, message: Uint8Array, expected: number, what: string): Promise<Buffer> {
  const answer = await client.ask(message)
  if (answer === undefined) throw new Error(`the agent closed the connection: ${what}`)
  if (answer[0] !== expected) throw new Error(`the agent answered ${answer[0]}: ${what}`)
  return answer
}

/** Signs with a key that the agent holds. @throws where it does not sign, or not rightly */
async function signWith(client: RawClient, key: ChurnKey, data: Uint8Array, isChecked: boolean): Promise<void> {
  const answer = await expectAnswer(client, signRequest(key.blob, data, signFlags), reply.signature, 'sign')
  if (isChecked && !key.isSignature(data, readSignature(answer))) throw new Error('a signature is wrong')
}

/** One signature in so many is checked: checking takes the client as long as signing takes the agent. */
const checkedEvery = 16

export interface ChurnOptions {
  rounds: number
  keys: readonly ChurnKey[]
  /** Decides which keys come when. */
  seed: string
  onRound?: (round: number) => void
}

/**
 * What an ordinary user's day does, without end: adds a key, which replaces the one that is there, and signs with one of
 * those added before, in random order, over one connection.
 * @throws at the first answer that is not a success
 */
export async function churn(
  client: RawClient,
  { rounds, keys, seed, onRound = () => {} }: ChurnOptions,
): Promise<void> {
  const random = seededBytes(seed)
  const added = new Set<ChurnKey>()
  for (let round = 0; round < rounds; round += 1) {
    const bytes = random(round)
    const key = keys[bytes.readUInt16BE(0) % keys.length]!
    await expectAnswer(client, key.add, reply.success, `add, round ${round}`)
    added.add(key)
    const signer = [...added][bytes.readUInt16BE(2) % added.size]!
    await signWith(client, signer, bytes, round % checkedEvery === 0)
    onRound(round)
  }
}

const seededBytes = (seed: string) => (round: number) => createHash('sha512').update(`${seed} ${round}`).digest()

/** Adds the keys and signs with each of them. @throws at the first answer that is not a success */
export async function fill(client: RawClient, keys: readonly ChurnKey[]): Promise<void> {
  for (const [index, { add }] of keys.entries()) await expectAnswer(client, add, reply.success, `add key ${index}`)
  for (const [index, key] of keys.entries()) await signWith(client, key, Buffer.from(`key ${index}`), true)
}

/** As `ssh-add -D`. */
export async function removeAll(client: RawClient): Promise<void> {
  await expectAnswer(client, empty(number.removeAll), reply.success, 'remove all')
}

/** The resident memory of a process, in MB (proc_pid_status(5)). */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}
