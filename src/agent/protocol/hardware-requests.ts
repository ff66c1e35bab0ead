import { Secret } from '../../core/secret.ts'
import { decodeCertificate } from '../../ssh/certificate.ts'
import { keyTypeNamed, keyTypeOfCertificate } from '../../ssh/keys/key-types.ts'
import { readPublicKey } from '../../ssh/public-key.ts'
import { SshReader, SshWriter } from '../../ssh/wire.ts'
import type { HardwareRequest } from './messages.ts'

/**
 * The key that is added, as an agent lists it; undefined if its private half would be held by the agent. What follows the key
 * is for the agent that takes it (PROTOCOL.u2f).
 * @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID, CERTIFICATE_INVALID, WIRE_…
 */
export function readSkKey(contents: Uint8Array): Uint8Array | undefined {
  const reader = new SshReader(contents)
  const name = reader.text()
  const certified = keyTypeOfCertificate(name)
  const type = certified ?? keyTypeNamed(name)
  if (type.privateKeys !== undefined) return undefined
  return certified === undefined ? readPublicKey(reader, type).blob : decodeCertificate(reader.string()).blob
}

/** The PKCS #11 library of a token (RFC 9987 §5.2.6). @throws {SshError} WIRE_… */
export function readTokenProvider(contents: Uint8Array): Uint8Array {
  const reader = new SshReader(contents)
  const provider = reader.string()
  reader.string() // PIN
  return provider
}

/** As `ssh-add -e` asks, which sends no PIN. */
export function removalOfToken(provider: Uint8Array): HardwareRequest {
  const contents = new SshWriter().string(provider).string('').bytes()
  return { type: 'remove-token', provider, contents: new Secret(contents) }
}
