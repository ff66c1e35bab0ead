import { generateKeyPairSync } from 'node:crypto'
import { equalBytes, type SshReader } from '../wire.ts'
import { importDer, publicPoint } from './der.ts'
import { jwkNumber, jwkText } from './jwk.ts'
import { type KeyType, keyInvalid, type PrivateFields, type PublicFields } from './key-type.ts'

const pointBytes = 32
const seedBytes = 32
/** RFC 8410 §7: PrivateKeyInfo up to the seed. */
const privateKeyInfoHead = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Ed25519 (RFC 8709). */
export const ed25519: KeyType = {
  name: 'ssh-ed25519',
  certificateName: 'ssh-ed25519-cert-v01@openssh.com',
  family: 'ed25519',
  algorithms: [
    {
      name: 'ssh-ed25519',
      hash: undefined,
      toWire: (signature) => signature,
      fromWire: (signature) => signature,
    },
  ],
  readPublic: (reader) => fieldsOf(reader.string()),
  fromJwk: (jwk) => (jwk.kty === 'OKP' && jwk.crv === 'Ed25519' ? fieldsOf(jwkNumber(jwk, 'x')) : undefined),
  privateKeys: {
    isFast: true,
    generators: [
      {
        name: 'ed25519',
        bits: 8 * pointBytes,
        isSlow: false,
        generate: () => generateKeyPairSync('ed25519').privateKey,
      },
    ],
    read: readPrivate,
  },
}

function fieldsOf(point: Uint8Array): PublicFields {
  if (point.length !== pointBytes) throw keyInvalid(`an Ed25519 key has ${pointBytes} bytes, not ${point.length}`)
  return {
    bits: 8 * pointBytes,
    toJwk: () => ({ kty: 'OKP', crv: 'Ed25519', x: jwkText(point) }),
    write: (writer) => writer.string(point),
  }
}

/** The point, even after a certificate; then the seed followed by the point again (draft-miller and OpenSSH agree). */
function readPrivate(reader: SshReader): PrivateFields {
  const publicFields = fieldsOf(reader.string())
  const secret = reader.string()
  return {
    publicFields,
    write: (writer) => publicFields.write(writer).string(secret),
    toKey() {
      if (secret.length !== seedBytes + pointBytes) {
        throw keyInvalid(`an Ed25519 secret has ${seedBytes + pointBytes} bytes, not ${secret.length}`)
      }
      const privateKey = importDer([privateKeyInfoHead, secret.subarray(0, seedBytes)], 'pkcs8')
      const point = publicPoint(privateKey, pointBytes)
      if (!equalBytes(point, secret.subarray(seedBytes))) {
        throw keyInvalid('the halves of an Ed25519 secret do not belong together')
      }
      return { privateKey, publicFields: fieldsOf(point) }
    },
    wipe: () => void secret.fill(0),
  }
}
