import type { KeyObject } from 'node:crypto'
import type { VaultCore } from '../backend.ts'
import { invalidRequest } from '../errors.ts'
import { newUuid } from '../identifiers.ts'
import { dataReply } from '../reply.ts'
import { type Route, withFields } from '../routes.ts'
import { generateCaKey, publicKeyText } from './ssh-keys.ts'
import { resolveIssuer, type SshIssuer, type SshMount, sshMountOf } from './ssh-mount.ts'

/** A CA key that is made here; importing one needs a plug-in. */
const caFields = {
  issuer_name: 'notBuilt',
  private_key: 'notBuilt',
  public_key: 'notBuilt',
  generate_signing_key: 'boolean',
  key_type: 'text',
  key_bits: 'notBuilt',
} as const

/** The CA key of an SSH mount: the default among its issuers, which `config/ca` makes. */
export function createSshCaRoutes(core: VaultCore): readonly Route[] {
  return [
    {
      pattern: 'public_key',
      isUnauthenticated: true,
      read: (request) => ({ type: 'text', text: resolveIssuer(sshMountOf(core, request), 'default').publicKey }),
    },
    {
      pattern: 'config/ca',
      read: (request) => dataReply(describeIssuer(resolveIssuer(sshMountOf(core, request), 'default'))),
      update: withFields(caFields, async (fields, request) => {
        if (fields.generate_signing_key === false) throw invalidRequest('missing public_key')
        const key = await generateCaKey(fields.key_type ?? 'ssh-rsa')
        const issuer = addIssuer(sshMountOf(core, request), key, '', true)
        core.changed()
        return dataReply(describeIssuer(issuer))
      }),
    },
  ]
}

/** Adds a CA key to the issuers of a mount. */
export function addIssuer(mount: SshMount, key: KeyObject, name: string, isDefault: boolean): SshIssuer {
  const privateKey = String(key.export({ type: 'pkcs8', format: 'pem' }))
  const issuer = { id: newUuid(), name, publicKey: publicKeyText(key), privateKey }
  mount.issuers[issuer.id] = issuer
  if (isDefault) mount.defaultIssuer = issuer.id
  return issuer
}

/** An issuer as its paths show it. */
export function describeIssuer(issuer: SshIssuer): Readonly<Record<string, unknown>> {
  return { issuer_id: issuer.id, issuer_name: issuer.name, public_key: issuer.publicKey }
}
