import { quoted, SshError } from '../wire.ts'
import { ecdsaP256, ecdsaP384, ecdsaP521 } from './ecdsa.ts'
import { ed25519 } from './ed25519.ts'
import type { KeyGenerator, KeyType, SignatureAlgorithm } from './key-type.ts'
import { rsa } from './rsa.ts'
import { securityKey } from './security-key.ts'

/** The one table of key types. Nothing elsewhere enumerates them. */
export const keyTypes: readonly KeyType[] = [
  ed25519,
  ecdsaP256,
  ecdsaP384,
  ecdsaP521,
  rsa,
  securityKey(ed25519),
  securityKey(ecdsaP256),
]

const byName = new Map(keyTypes.map((type) => [type.name, type]))
const byCertificateName = new Map(keyTypes.map((type) => [type.certificateName, type]))
const algorithmsByName = new Map(
  keyTypes.flatMap((type) => type.algorithms).map((algorithm) => [algorithm.name, algorithm]),
)

/** A generator with the type of its keys. */
export type TypedKeyGenerator = KeyGenerator & { type: KeyType }

/** All keys that are made here. */
export const keyGenerators: readonly TypedKeyGenerator[] = keyTypes.flatMap((type) =>
  (type.privateKeys?.generators ?? []).map((generator) => ({ ...generator, type })),
)

/** @param name as in config.toml @throws {SshError} KEY_TYPE_UNKNOWN */
export function keyGeneratorNamed(name: string): TypedKeyGenerator {
  const generator = keyGenerators.find((each) => each.name === name)
  if (generator === undefined) throw new SshError('KEY_TYPE_UNKNOWN', `keys of type ${quoted(name)} are not made here`)
  return generator
}

/** @throws {SshError} KEY_TYPE_UNKNOWN */
export function keyTypeNamed(name: string): KeyType {
  const type = byName.get(name)
  if (type === undefined) throw new SshError('KEY_TYPE_UNKNOWN', `key type ${quoted(name)} is not known`)
  return type
}

/** The key type that certificates with this type name certify; undefined if it is not the name of a certificate type. */
export function keyTypeOfCertificate(certificateName: string): KeyType | undefined {
  return byCertificateName.get(certificateName)
}

/** Undefined when there is no such algorithm. */
export function signatureAlgorithmNamed(name: string): SignatureAlgorithm | undefined {
  return algorithmsByName.get(name)
}
