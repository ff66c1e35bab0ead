import { createHash } from 'node:crypto'
import { SshWriter } from '../wire.ts'
import type { KeyType } from './key-type.ts'

/** The FIDO variant of a key type (PROTOCOL.u2f): its signatures are verified here, never made. */
export function securityKey(base: KeyType): KeyType {
  return {
    ...base,
    privateKeys: undefined,
    name: `sk-${base.name}@openssh.com`,
    certificateName: `sk-${base.certificateName}`,
    algorithms: base.algorithms.map((algorithm) => ({ ...algorithm, name: `sk-${algorithm.name}@openssh.com` })),
    readPublic(reader) {
      const fields = base.readPublic(reader)
      const application = reader.text()
      return { ...fields, application, write: (writer) => fields.write(writer).string(application) }
    },
    // node:crypto does not know what a key was made for.
    fromJwk: () => undefined,
    readSignedData: (reader, application, data) =>
      new SshWriter().raw(sha256(application)).byte(reader.byte()).uint32(reader.uint32()).raw(sha256(data)).bytes(),
  }
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
