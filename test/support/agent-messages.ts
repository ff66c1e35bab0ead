import { createPrivateKey, type KeyObject } from 'node:crypto'
import { keyTypeNamed } from '../../src/ssh/keys/key-types.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { signData } from '../../src/ssh/signature.ts'
import { SshReader, SshWriter } from '../../src/ssh/wire.ts'

/** The client's side of the agent protocol: messages without their length field. */
export const number = {
  requestRsaIdentities: 1,
  removeAllRsa: 9,
  list: 11,
  sign: 13,
  add: 17,
  remove: 18,
  removeAll: 19,
  addSmartcard: 20,
  removeSmartcard: 21,
  lock: 22,
  unlock: 23,
  addConstrained: 25,
  addSmartcardConstrained: 26,
  extension: 27,
} as const

export const reply = {
  failure: 5,
  success: 6,
  identities: 12,
  signature: 14,
  extensionFailure: 28,
  extensionResponse: 29,
} as const

export const empty = (messageNumber: number) => Buffer.of(messageNumber)

/** The numbers of a key as the agent protocol names them, from node:crypto's own export. */
export function privateNumbers(key: KeyObject): Readonly<Record<string, Uint8Array>> {
  // Read anew from DER first: a key that was just generated must not be exported as JWK (src/ssh/public-key.ts).
  const der = { format: 'der', type: 'pkcs8' } as const
  const jwk = createPrivateKey({ key: key.export(der), ...der }).export({ format: 'jwk' })
  const names = { n: jwk.n, e: jwk.e, d: jwk.d, iqmp: jwk.qi, p: jwk.p, q: jwk.q, x: jwk.x, y: jwk.y }
  return Object.fromEntries(
    Object.entries(names)
      .filter(([, text]) => text !== undefined)
      .map(([name, text]) => [name, Buffer.from(text!, 'base64url')]),
  )
}

/** Type name, certificate if there is one, and the fields of a private key (RFC 9987 §5.2). */
export function privateKeyFields(
  key: KeyObject,
  options: { certificate?: Uint8Array | undefined; changes?: Readonly<Record<string, Uint8Array>> } = {},
): Uint8Array {
  const { type } = publicKeyFromKeyObject(key)
  const { certificate, changes = {} } = options
  const secret = { ...privateNumbers(key), ...changes }
  const keyType = keyTypeNamed(type)
  const writer = new SshWriter().string(certificate === undefined ? type : keyType.certificateName)
  if (certificate !== undefined) writer.string(certificate)
  switch (keyType.family) {
    case 'ed25519': {
      const point = changes.point ?? secret.x!
      return writer
        .string(point)
        .string(changes.secret ?? Buffer.concat([secret.d!, secret.x!]))
        .bytes()
    }
    case 'ecdsa':
      if (certificate === undefined) {
        const point = changes.point ?? Buffer.concat([Buffer.of(4), secret.x!, secret.y!])
        writer.string(type.replace('ecdsa-sha2-', '')).string(point)
      }
      return writer.mpint(secret.d!).bytes()
    case 'rsa':
      if (certificate === undefined) writer.mpint(secret.n!).mpint(secret.e!)
      return writer.mpint(secret.d!).mpint(secret.iqmp!).mpint(secret.p!).mpint(secret.q!).bytes()
    default:
      throw new Error(`no private keys of type ${type} here`)
  }
}

export const lifetime = (seconds: number) => new SshWriter().byte(1).uint32(seconds).bytes()
export const confirm = Buffer.of(2)
export const extensionConstraint = (name: string, contents: Uint8Array = new Uint8Array(0)) =>
  new SshWriter().byte(255).string(name).string(contents).bytes()

/** ADD_IDENTITY, or ADD_ID_CONSTRAINED where constraints are given, if none but an empty list. */
export function addKey(
  key: KeyObject,
  comment: string | Uint8Array,
  options: { certificate?: Uint8Array | undefined; constraints?: readonly Uint8Array[] } = {},
): Uint8Array {
  const { certificate, constraints } = options
  const writer = new SshWriter()
    .byte(constraints === undefined ? number.add : number.addConstrained)
    .raw(privateKeyFields(key, { certificate }))
    .string(comment)
  for (const constraint of constraints ?? []) writer.raw(constraint)
  return writer.bytes()
}

/** A key of a FIDO token, as `ssh-add` sends it (PROTOCOL.u2f). */
export const skKeyBlob = new SshWriter()
  .string('sk-ssh-ed25519@openssh.com')
  .string(Buffer.alloc(32, 7))
  .string('ssh:')
  .bytes()

/** Adds it. */
export function addSkKey(constraints: readonly Uint8Array[] = []): Uint8Array {
  const writer = new SshWriter().byte(constraints.length === 0 ? number.add : number.addConstrained).raw(skKeyBlob)
  writer.byte(1).string('handle').string('').string('sk')
  for (const constraint of constraints) writer.raw(constraint)
  return writer.bytes()
}

/** Adds the keys of a token. */
export function addToken(provider: string, pin: string, constraints: readonly Uint8Array[] = []): Uint8Array {
  const messageNumber = constraints.length === 0 ? number.addSmartcard : number.addSmartcardConstrained
  const writer = new SshWriter().byte(messageNumber).string(provider).string(pin)
  for (const constraint of constraints) writer.raw(constraint)
  return writer.bytes()
}

/** Removes them, as `ssh-add -e` does. */
export const removeToken = (provider: string) =>
  new SshWriter().byte(number.removeSmartcard).string(provider).string('').bytes()

export const signRequest = (keyBlob: Uint8Array, data: Uint8Array, flags = 0) =>
  new SshWriter().byte(number.sign).string(keyBlob).string(data).uint32(flags).bytes()

export const removeKey = (keyBlob: Uint8Array) => new SshWriter().byte(number.remove).string(keyBlob).bytes()

export const lockWith = (passphrase: string | Uint8Array) =>
  new SshWriter().byte(number.lock).string(passphrase).bytes()
export const unlockWith = (passphrase: string | Uint8Array) =>
  new SshWriter().byte(number.unlock).string(passphrase).bytes()

export const extension = (name: string, contents: Uint8Array = new Uint8Array(0)) =>
  new SshWriter().byte(number.extension).string(name).raw(contents).bytes()

/** The contents of `session-bind@openssh.com` (PROTOCOL.agent §1). */
export const bindContents = (bind: {
  hostKeyBlob: Uint8Array
  sessionId: Uint8Array
  signature: Uint8Array
  isForwarding: boolean
}) =>
  new SshWriter()
    .string(bind.hostKeyBlob)
    .string(bind.sessionId)
    .string(bind.signature)
    .boolean(bind.isForwarding)
    .bytes()

/** The bind of a session with a host that has an Ed25519 key. */
export function bindTo(host: KeyObject, isForwarding: boolean, session = 1, signer = host): Uint8Array {
  const sessionId = Buffer.alloc(32, session)
  const signature = signData(signer, 'ssh-ed25519', sessionId)
  const { blob: hostKeyBlob } = publicKeyFromKeyObject(host)
  return extension('session-bind@openssh.com', bindContents({ hostKeyBlob, sessionId, signature, isForwarding }))
}

/** What ssh signs to log in, in its old form or bound to a host key. */
export function userauthRequest(options: {
  keyBlob: Uint8Array
  sessionId?: Uint8Array
  hostKeyBlob?: Uint8Array
  user?: string
}) {
  const { keyBlob, sessionId = Buffer.alloc(32, 7), hostKeyBlob, user = 'jo' } = options
  const writer = new SshWriter()
    .string(sessionId)
    .byte(50)
    .string(user)
    .string('ssh-connection')
    .string(hostKeyBlob === undefined ? 'publickey' : 'publickey-hostbound-v00@openssh.com')
    .boolean(true)
    .string('ssh-ed25519')
    .string(keyBlob)
  if (hostKeyBlob !== undefined) writer.string(hostKeyBlob)
  return writer.bytes()
}

export interface ListedIdentity {
  keyBlob: Uint8Array
  type: string
  comment: string
}

/** Reads an IDENTITIES_ANSWER to its end. */
export function readIdentities(message: Uint8Array): ListedIdentity[] {
  const reader = new SshReader(message)
  if (reader.byte() !== reply.identities) throw new Error(`message ${message[0]} is not a list`)
  const identities = Array.from({ length: reader.uint32() }, () => {
    const keyBlob = reader.string()
    return { keyBlob, type: new SshReader(keyBlob).text(), comment: Buffer.from(reader.string()).toString('latin1') }
  })
  reader.end()
  return identities
}

/** Reads a SIGN_RESPONSE to its end. */
export function readSignature(message: Uint8Array): Uint8Array {
  const reader = new SshReader(message)
  if (reader.byte() !== reply.signature) throw new Error(`message ${message[0]} is not a signature`)
  const signature = reader.string()
  reader.end()
  return signature
}
