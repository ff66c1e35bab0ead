import type { KeyObject } from 'node:crypto'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import { dataReply, empty, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { addIssuer, describeIssuer } from '../../../../src/dev/vault/ssh/ssh-ca.ts'
import { publicKeyText } from '../../../../src/dev/vault/ssh/ssh-keys.ts'
import { resolveIssuer, type SshIssuer, type SshMount, sshMountOf } from '../../../../src/dev/vault/ssh/ssh-mount.ts'
import { generateSshKey, parseSshPublicKey } from './key-forms.ts'
import { parsePrivateKeyText } from './private-key-text.ts'

const submitFields = {
  issuer_name: 'text',
  private_key: 'text',
  public_key: 'text',
  generate_signing_key: 'boolean',
  key_type: 'text',
  key_bits: 'integer',
  set_default: 'boolean',
} as const

/** Several CA keys for an SSH mount, with names, including keys that were made elsewhere. */
export const sshIssuers: Plugin = (core) => {
  const { changed } = core
  const mountOf = (request: VaultRequest) => sshMountOf(core, request)
  const issuerOf = (request: VaultRequest) => resolveIssuer(mountOf(request), request.params.issuer_ref!)
  const add = async (
    request: VaultRequest,
    fields: Fields<typeof submitFields>,
    name: string | undefined,
    isDefault: boolean,
  ) => {
    const mount = mountOf(request)
    const key = await takeKey(fields)
    const issuer = addIssuer(mount, key, checkName(mount, name) ?? '', isDefault)
    changed()
    return dataReply(describeIssuer(issuer))
  }
  return {
    routes: {
      ssh: [
        {
          pattern: 'config/ca',
          update: withFields(submitFields, (fields, request) => add(request, fields, fields.issuer_name, true)),
          delete(request) {
            const mount = mountOf(request)
            const issuers = Object.values(mount.issuers)
            for (const issuer of issuers) removeIssuer(mount, issuer)
            changed()
            const warnings = [`Deleted ${issuers.length} issuers, including the configured 'default'.`]
            return issuers.length === 0 ? empty : { type: 'warnings', warnings }
          },
        },
        {
          pattern: 'issuer/{issuer_ref}/public_key',
          isUnauthenticated: true,
          read: (request) => ({ type: 'text', text: issuerOf(request).publicKey }),
        },
        {
          pattern: 'config/issuers',
          read: (request) => dataReply({ default: mountOf(request).defaultIssuer }),
          update: withFields({ default: 'text' }, ({ default: reference = '' }, request) => {
            const trimmed = reference.trim()
            if (trimmed === '' || trimmed.toLowerCase() === 'default') {
              throw invalidRequest("Invalid issuer specification; must be non-empty and can't be 'default'.")
            }
            const mount = mountOf(request)
            mount.defaultIssuer = resolveIssuer(mount, trimmed).id
            changed()
            return dataReply({ default: mount.defaultIssuer })
          }),
        },
        {
          pattern: 'issuers',
          list: withFields(pageFields, (page, request) => {
            const { issuers, defaultIssuer } = mountOf(request)
            return listReply(Object.keys(issuers), page, (id) => ({
              is_default: id === defaultIssuer,
              issuer_name: issuers[id]!.name,
              public_key: issuers[id]!.publicKey,
            }))
          }),
        },
        {
          pattern: 'issuers/import',
          update: withFields(submitFields, (fields, request) =>
            add(request, fields, fields.issuer_name, fields.set_default ?? false),
          ),
        },
        {
          pattern: 'issuers/import/{issuer_name}',
          update: withFields(submitFields, (fields, request) =>
            add(request, fields, request.params.issuer_name, fields.set_default ?? false),
          ),
        },
        {
          pattern: 'issuer/{issuer_ref}',
          read: (request) => dataReply(describeIssuer(issuerOf(request))),
          update: withFields({ issuer_name: 'text' }, ({ issuer_name: name = '' }, request) => {
            const issuer = issuerOf(request)
            if (name.trim() === '') throw invalidRequest('expected non-empty issuer name')
            if (name.trim() !== issuer.name) issuer.name = checkName(mountOf(request), name) ?? ''
            changed()
            return dataReply(describeIssuer(issuer))
          }),
          delete(request) {
            const mount = mountOf(request)
            const issuer = issuerOf(request)
            const wasDefault = issuer.id === mount.defaultIssuer
            removeIssuer(mount, issuer)
            changed()
            const warning = `Deleted issuer ${issuer.id} (via issuer_ref ${request.params.issuer_ref}); this was configured as the default issuer. Operations without an explicit issuer will not work until a new default is configured.`
            return wasDefault ? { type: 'warnings', warnings: [warning] } : empty
          },
        },
      ],
    },
  }
}

/** Removes a CA key, and unsets the default where it was that key. */
function removeIssuer(mount: SshMount, issuer: SshIssuer): void {
  delete mount.issuers[issuer.id]
  if (mount.defaultIssuer === issuer.id) mount.defaultIssuer = ''
}

/** @throws {DevVaultError} INVALID_REQUEST for a name that is reserved, taken or malformed; an empty one counts as absent */
function checkName(mount: SshMount, given: string | undefined): string | undefined {
  const name = given?.trim() ?? ''
  if (name === '') return undefined
  if (name.toLowerCase() === 'default') {
    throw invalidRequest("reserved keyword 'default' can not be used as issuer name")
  }
  if (!/^\w([\w.-]*\w)?$/.test(name)) throw invalidRequest('issuer name contained invalid characters')
  const isTaken = Object.values(mount.issuers).some((issuer) => issuer.name === name || issuer.id === name)
  if (isTaken) throw invalidRequest('issuer name already in use')
  return name
}

/** The CA key that is imported, or else a new one. @throws {DevVaultError} INVALID_REQUEST */
async function takeKey(fields: Fields<typeof submitFields>): Promise<KeyObject> {
  const { public_key: publicKey = '', private_key: privateKey = '', generate_signing_key: generates } = fields
  const isBare = publicKey === '' && privateKey === ''
  if (generates === true && !isBare) {
    throw invalidRequest('public_key and private_key must not be set when generate_signing_key is set to true')
  }
  if (generates === false && isBare) throw invalidRequest('missing public_key')
  if (!isBare && (publicKey === '' || privateKey === '')) {
    throw invalidRequest(
      'only one of public_key and private_key set; both must be set to use, or both must be blank to auto-generate',
    )
  }
  if (isBare) return generateSshKey(fields.key_type ?? 'ssh-rsa', fields.key_bits ?? 0)
  const key = parsePrivateKeyText(privateKey)
  checkBelongsTo(publicKey, publicKeyText(key))
  return key
}

/** Vault accepts any two halves and signs with the private one; only an sshd would find such a CA out. */
function checkBelongsTo(given: string, own: string): void {
  let key: Uint8Array
  try {
    key = parseSshPublicKey(given.trim()).blob
  } catch (error) {
    throw invalidRequest(`could not parse public_key provided value: ${error instanceof Error ? error.message : ''}`)
  }
  if (Buffer.from(key).toString('base64') !== own.split(' ')[1]!.trim()) {
    throw new DevVaultError('INVALID_REQUEST', 'public_key and private_key do not belong together')
  }
}
