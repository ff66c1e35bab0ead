import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { bitLength, equalBytes, padToWidth, SshError, type SshReader, trimLeadingZeros } from '../wire.ts'
import { derInteger, derSequence, importDer } from './der.ts'
import { jwkNumber, jwkText } from './jwk.ts'
import { type KeyType, keyInvalid, type PrivateFields, type PublicFields, type SignatureAlgorithm } from './key-type.ts'
import { isOne, minusOne, multiply, remainder } from './secret-number.ts'

// OpenSSH's SSH_RSA_MINIMUM_MODULUS_SIZE, and OpenSSL's OPENSSL_RSA_MAX_MODULUS_BITS and _MAX_PUBEXP_BITS: larger numbers
// only waste processor time.
const minBits = 1024
const maxBits = 16384
const maxExponentBits = 64
/** What ssh-keygen makes, and the next larger size that is usual. */
const generatedBits = [3072, 4096]

const algorithm = (name: string, hash: SignatureAlgorithm['hash']): SignatureAlgorithm => ({
  name,
  hash,
  toWire: (signature) => signature,
  fromWire(signature, bits) {
    // Some signers drop leading zeros (RFC 8332 §3 requires them; OpenSSH puts them back).
    const padded = padToWidth(signature, Math.ceil(bits / 8))
    if (padded === undefined) throw new SshError('SIGNATURE_INVALID', 'a signature is longer than its key')
    return padded
  },
})

/** RSA (RFC 4253 §6.6, RFC 8332). */
export const rsa: KeyType = {
  name: 'ssh-rsa',
  certificateName: 'ssh-rsa-cert-v01@openssh.com',
  family: 'rsa',
  algorithms: [
    algorithm('rsa-sha2-512', 'sha512'),
    algorithm('rsa-sha2-256', 'sha256'),
    // SHA-1 (RFC 4253 §6.6): used when a client asks for it, for servers that know nothing else; never accepted.
    algorithm('ssh-rsa', 'sha1'),
  ],
  readPublic: (reader) => fieldsOf({ e: reader.mpint(), n: reader.mpint() }),
  fromJwk: (jwk) => (jwk.kty === 'RSA' ? fieldsOf(numbersOf(jwk)) : undefined),
  privateKeys: {
    isFast: false,
    generators: generatedBits.map((bits) => ({
      name: `rsa-${bits}`,
      bits,
      isSlow: true,
      generate: async () => (await promisify(generateKeyPair)('rsa', { modulusLength: bits })).privateKey,
    })),
    read: readPrivate,
  },
}

interface PublicNumbers {
  e: Uint8Array
  n: Uint8Array
}

/** Named as in RFC 8017 §3.2, except for `iqmp`, which is its qInv; dP and dQ are computed here. */
interface SecretNumbers {
  d: Uint8Array
  iqmp: Uint8Array
  p: Uint8Array
  q: Uint8Array
}

function numbersOf(jwk: JsonWebKey): PublicNumbers {
  return { e: jwkNumber(jwk, 'e'), n: jwkNumber(jwk, 'n') }
}

function fieldsOf({ e, n }: PublicNumbers): PublicFields {
  const bits = bitLength(n)
  if (bits < minBits || bits > maxBits)
    throw new SshError('KEY_SIZE_UNKNOWN', `an RSA key has ${minBits} to ${maxBits} bits, not ${bits}`)
  const exponentBits = bitLength(e)
  const isOdd = (e.at(-1) ?? 0) % 2 === 1
  if (exponentBits < 2 || exponentBits > maxExponentBits || !isOdd) throw keyInvalid('an RSA exponent is out of range')
  return {
    bits,
    toJwk: () => ({ kty: 'RSA', e: jwkText(e), n: jwkText(n) }),
    write: (writer) => writer.mpint(e).mpint(n),
  }
}

/** n before e, unlike in the public blob (RFC 9987 §5.2.4). */
function readPrivate(reader: SshReader, isCertified: boolean): PrivateFields {
  const [n, e] = isCertified ? [] : [reader.mpint(), reader.mpint()]
  const secrets = { d: reader.mpint(), iqmp: reader.mpint(), p: reader.mpint(), q: reader.mpint() }
  return {
    publicFields: n === undefined || e === undefined ? undefined : fieldsOf({ e, n }),
    write(writer) {
      if (n !== undefined && e !== undefined) writer.mpint(n).mpint(e)
      return writer.mpint(secrets.d).mpint(secrets.iqmp).mpint(secrets.p).mpint(secrets.q)
    },
    toKey: (publicFields) => ({
      privateKey: toKeyObject(numbersOf(publicFields.toJwk()), secrets),
      // Already compared with the primes.
      publicFields,
    }),
    wipe() {
      for (const number of Object.values(secrets)) number.fill(0)
    },
  }
}

/**
 * OpenSSL would accept any numbers, and sign slowly or wrongly with them.
 * @throws {SshError} KEY_INVALID when n is not p·q, or d or iqmp does not match
 */
function toKeyObject({ e, n }: PublicNumbers, { d, iqmp, p, q }: SecretNumbers): KeyObject {
  if (!isPlausible(n, { d, iqmp, p, q })) throw keyInvalid('the numbers of an RSA key do not match in size')
  const secrets: Uint8Array[] = []
  const keep = (secret: Uint8Array) => {
    secrets.push(secret)
    return secret
  }
  try {
    const isInverse = (factor: Uint8Array, other: Uint8Array, modulus: Uint8Array) =>
      isOne(keep(remainder(keep(multiply(factor, other)), modulus)))
    if (!equalBytes(trimLeadingZeros(multiply(p, q)), n))
      throw keyInvalid('an RSA modulus is not the product of its primes')
    const [pMinusOne, qMinusOne] = [keep(minusOne(p)), keep(minusOne(q))]
    const [dp, dq] = [keep(remainder(d, pMinusOne)), keep(remainder(d, qMinusOne))]
    if (!isInverse(e, dp, pMinusOne) || !isInverse(e, dq, qMinusOne))
      throw keyInvalid('an RSA exponent does not match its primes')
    if (!isInverse(iqmp, q, p)) throw keyInvalid('an RSA coefficient does not match its primes')
    const version = Uint8Array.of(0)
    return importDer(derSequence([version, n, e, d, p, q, dp, dq, iqmp].flatMap(derInteger)), 'pkcs1')
  } finally {
    for (const secret of secrets) secret.fill(0)
  }
}

/** Checked before any arithmetic, whose time grows with the square of a length that a stranger chose. */
function isPlausible(n: Uint8Array, { d, iqmp, p, q }: SecretNumbers): boolean {
  return (
    bitLength(p) > 1 &&
    bitLength(q) > 1 &&
    p.length + q.length <= n.length + 1 &&
    d.length <= n.length &&
    iqmp.length <= p.length
  )
}
