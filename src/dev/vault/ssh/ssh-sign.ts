import { createPrivateKey, randomBytes } from 'node:crypto'
import { encodeCertificate } from '../../../ssh/certificate.ts'
import { keyTypeNamed } from '../../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../ssh/public-key-line.ts'
import { signData } from '../../../ssh/signature.ts'
import type { VaultCore } from '../backend.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import type { Reply } from '../reply.ts'
import { type Route, type VaultRequest, withFields } from '../routes.ts'
import { systemTtlSeconds } from '../token/token-ttl.ts'
import { parseSshPublicKey } from './ssh-keys.ts'
import { decideCertificate } from './ssh-limits.ts'
import { resolveIssuer, type SshIssuer, sshMountOf } from './ssh-mount.ts'
import { type SshRole, toTexts } from './ssh-role.ts'
import { sshFeatures } from './ssh-roles.ts'

/** What a request may ask of a certificate. */
export const wishFields = {
  ttl: 'seconds',
  valid_principals: 'text',
  cert_type: 'text',
  key_id: 'text',
  critical_options: 'map',
  extensions: 'map',
} as const
const signFields = { ...wishFields, public_key: 'text' } as const

/** `sign`: certificates for keys that callers have. */
export function createSshSignRoutes(core: VaultCore): readonly Route[] {
  return [
    {
      pattern: 'sign/{role@}',
      update: withFields(signFields, ({ public_key: text = '', ...wishes }, request): Reply => {
        const role = sshMountOf(core, request).roles[request.params.role!]
        if (role === undefined) throw invalidRequest(`Unknown role: ${request.params.role}`)
        if (text === '') throw invalidRequest('missing public_key')
        const features = sshFeatures(core)
        const parse = features.find(({ parseKey }) => parseKey !== undefined)?.parseKey ?? parseSshPublicKey
        const publicKey = orRefuse('failed to parse public_key as SSH key', () => parse(text))
        orRefuse('public_key failed to meet the key requirements', () => {
          for (const feature of features) feature.checkKey?.(role, publicKey)
        })
        return { type: 'data', ...certify(core, request, { role, publicKey, wishes }) }
      }),
    },
  ]
}

/** Signs a certificate for a key, as the role says. @throws {DevVaultError} INVALID_REQUEST, INTERNAL */
export function certify(
  core: VaultCore,
  request: VaultRequest,
  { role, publicKey, wishes: fields }: { role: SshRole; publicKey: PublicKey; wishes: Fields<typeof wishFields> },
) {
  const terms = decideCertificate(
    {
      role,
      roleName: request.params.role!,
      publicKey,
      displayName: request.caller!.token.entry.displayName,
      entityId: request.caller!.token.entry.entityId,
      defaultTtlSeconds: request.mount.defaultLeaseSeconds || systemTtlSeconds,
      maxTtlSeconds: request.mount.maxLeaseSeconds || systemTtlSeconds,
      features: sshFeatures(core),
    },
    {
      ttlSeconds: fields.ttl,
      validPrincipals: fields.valid_principals,
      certType: fields.cert_type ?? 'user',
      keyId: fields.key_id ?? '',
      criticalOptions: toTexts(fields.critical_options ?? {}),
      extensions: toTexts(fields.extensions ?? {}),
    },
  )
  const issuer = resolveIssuer(sshMountOf(core, request), role.issuer_ref)
  const serial = randomBytes(8).readBigUInt64BE()
  const nowSeconds = Math.floor(core.now() / 1000)
  const { privateKey, sign } = signerOf(issuer, role)
  const certificate = encodeCertificate(
    {
      publicKey,
      nonce: randomBytes(32),
      serial,
      certificateType: terms.certificateType,
      keyId: terms.keyId,
      principals: terms.principals,
      validAfter: BigInt(nowSeconds - role.not_before_duration),
      validBefore: BigInt(nowSeconds + terms.ttlSeconds),
      criticalOptions: new Map(Object.entries(terms.criticalOptions)),
      extensions: new Map(Object.entries(terms.extensions)),
      signatureKey: publicKeyFromKeyObject(privateKey),
    },
    sign,
  )
  const data = {
    issuer_id: issuer.id,
    serial_number: serial.toString(16),
    signed_key: `${formatPublicKeyLine(certificate, '')}\n`,
  }
  return { data, warnings: terms.warnings }
}

function signerOf(issuer: SshIssuer, role: SshRole) {
  const privateKey = createPrivateKey(issuer.privateKey)
  const { type } = publicKeyFromKeyObject(privateKey)
  const { family, algorithms } = keyTypeNamed(type)
  const chosen = role.algorithm_signer
  // The default of an RSA CA is SHA-2; other CAs have one algorithm, and a role that names another cannot be signed for.
  const algorithm = chosen !== 'default' ? chosen : family === 'rsa' ? 'rsa-sha2-256' : algorithms[0]!.name
  if (!algorithms.some(({ name }) => name === algorithm)) {
    throw new DevVaultError(
      'INTERNAL',
      `failed to generate signed SSH key: sign error: ssh: unsupported signature algorithm ${algorithm} for key format ${type}`,
    )
  }
  return { privateKey, sign: (data: Uint8Array) => signData(privateKey, algorithm, data) }
}

function orRefuse<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw invalidRequest(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
