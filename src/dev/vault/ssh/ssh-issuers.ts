import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import { newUuid } from '../identifiers.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../routes.ts'
import type { DevVaultState, SshIssuer, SshMount } from '../state.ts'
import { generateSshKey, parsePrivateKeyText, parseSshPublicKey, publicKeyText } from './ssh-keys.ts'
import { resolveIssuer, sshMountOf } from './ssh-mount.ts'

const submitFields = {
  issuer_name: 'text',
  private_key: 'text',
  public_key: 'text',
  generate_signing_key: 'boolean',
  key_type: 'text',
  key_bits: 'integer',
  set_default: 'boolean',
} as const

/** The CA keys of an SSH mount: several issuers, of which one is the default. */
export function createSshIssuerRoutes(deps: {
  state: Pick<DevVaultState, 'ssh'>
  changed: () => void
}): readonly Route[] {
  const { state, changed } = deps
  const mountOf = (request: VaultRequest) => sshMountOf(state, request.mount)
  const issuerOf = (request: VaultRequest) => resolveIssuer(mountOf(request), request.params.issuer_ref!)

  const addIssuer = async (
    request: VaultRequest,
    fields: Fields<typeof submitFields>,
    name: string | undefined,
    isDefault: boolean,
  ) => {
    const mount = mountOf(request)
    const keys = await takeKeys(fields)
    const issuer = { id: newUuid(), name: checkName(mount, name) ?? '', ...keys }
    mount.issuers[issuer.id] = issuer
    if (isDefault) mount.defaultIssuer = issuer.id
    changed()
    return dataReply(describeIssuer(issuer))
  }
  const removeIssuer = (mount: SshMount, issuer: SshIssuer) => {
    delete mount.issuers[issuer.id]
    if (mount.defaultIssuer === issuer.id) mount.defaultIssuer = ''
    changed()
  }

  return [
    {
      pattern: 'public_key',
      isUnauthenticated: true,
      read: (request) => ({ type: 'text', text: resolveIssuer(mountOf(request), 'default').publicKey }),
    },
    {
      pattern: 'issuer/{issuer_ref}/public_key',
      isUnauthenticated: true,
      read: (request) => ({ type: 'text', text: issuerOf(request).publicKey }),
    },
    {
      pattern: 'config/ca',
      read: (request) => dataReply(describeIssuer(resolveIssuer(mountOf(request), 'default'))),
      update: withFields(submitFields, (fields, request) => addIssuer(request, fields, fields.issuer_name, true)),
      delete(request) {
        const mount = mountOf(request)
        const issuers = Object.values(mount.issuers)
        for (const issuer of issuers) removeIssuer(mount, issuer)
        const warnings = [`Deleted ${issuers.length} issuers, including the configured 'default'.`]
        return issuers.length === 0 ? empty : { type: 'warnings', warnings }
      },
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
        addIssuer(request, fields, fields.issuer_name, fields.set_default ?? false),
      ),
    },
    {
      pattern: 'issuers/import/{issuer_name}',
      update: withFields(submitFields, (fields, request) =>
        addIssuer(request, fields, request.params.issuer_name, fields.set_default ?? false),
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
        const warning = `Deleted issuer ${issuer.id} (via issuer_ref ${request.params.issuer_ref}); this was configured as the default issuer. Operations without an explicit issuer will not work until a new default is configured.`
        return wasDefault ? { type: 'warnings', warnings: [warning] } : empty
      },
    },
  ]
}

function describeIssuer(issuer: SshIssuer): Readonly<Record<string, unknown>> {
  return { issuer_id: issuer.id, issuer_name: issuer.name, public_key: issuer.publicKey }
}

/** @throws {DevVaultError} INVALID_REQUEST for a name that is reserved, taken or no name; an empty one is none */
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

async function takeKeys(fields: Fields<typeof submitFields>): Promise<Pick<SshIssuer, 'publicKey' | 'privateKey'>> {
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
  const key = isBare
    ? await generateSshKey(fields.key_type ?? 'ssh-rsa', fields.key_bits ?? 0)
    : parsePrivateKeyText(privateKey)
  if (!isBare) checkBelongsTo(publicKey, publicKeyText(key))
  return { publicKey: publicKeyText(key), privateKey: String(key.export({ type: 'pkcs8', format: 'pem' })) }
}

/** Vault takes any two halves and signs with the private one; such a CA would only be found out by an sshd. */
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
