import { createPrivateKey, randomBytes } from 'node:crypto'
import { encodeCertificate } from '../../../ssh/certificate.ts'
import { keyTypeNamed } from '../../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../ssh/public-key-line.ts'
import { signData } from '../../../ssh/signature.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import { isInNetworks } from '../login/networks.ts'
import type { Reply } from '../reply.ts'
import { type Route, type VaultRequest, withFields } from '../routes.ts'
import type { DevVaultState, SshCaRole, SshIssuer, SshRole } from '../state.ts'
import { systemTtlSeconds } from '../token/token-ttl.ts'
import { generateSshKey, parseSshPublicKey, privateKeyText } from './ssh-keys.ts'
import { checkKeyLength, decideCertificate, keyLengthNames } from './ssh-limits.ts'
import { resolveIssuer, sshMountOf } from './ssh-mount.ts'
import { toTexts } from './ssh-roles.ts'

const wishFields = {
  ttl: 'seconds',
  valid_principals: 'text',
  cert_type: 'text',
  key_id: 'text',
  critical_options: 'map',
  extensions: 'map',
} as const
const signFields = { ...wishFields, public_key: 'text' } as const
const issueFields = { ...wishFields, key_type: 'text', key_bits: 'integer' } as const

/** `sign`, `issue` and the refusals of `creds`. */
export function createSshSignRoutes(deps: { state: Pick<DevVaultState, 'ssh'>; now: () => number }): readonly Route[] {
  const { state, now } = deps
  const findRole = (request: VaultRequest): SshRole | undefined =>
    sshMountOf(state, request.mount).roles[request.params.role!]

  const certify = (request: VaultRequest, role: SshCaRole, publicKey: PublicKey, fields: Fields<typeof wishFields>) => {
    const terms = decideCertificate(
      {
        role,
        roleName: request.params.role!,
        publicKey,
        displayName: request.caller!.token.entry.displayName,
        entity: request.caller!.entity,
        defaultTtlSeconds: request.mount.defaultLeaseSeconds || systemTtlSeconds,
        maxTtlSeconds: request.mount.maxLeaseSeconds || systemTtlSeconds,
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
    const issuer = resolveIssuer(sshMountOf(state, request.mount), role.issuerRef)
    const serial = randomBytes(8).readBigUInt64BE()
    const nowSeconds = Math.floor(now() / 1000)
    const { privateKey, sign } = signerOf(issuer, role)
    const certificate = encodeCertificate(
      {
        publicKey,
        nonce: randomBytes(32),
        serial,
        certificateType: terms.certificateType,
        keyId: terms.keyId,
        principals: terms.principals,
        validAfter: BigInt(nowSeconds - role.notBeforeSeconds),
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

  return [
    {
      pattern: 'sign/{role@}',
      update: withFields(signFields, ({ public_key: text = '', ...wishes }, request): Reply => {
        const role = findRole(request)
        if (role === undefined) throw invalidRequest(`Unknown role: ${request.params.role}`)
        if (text === '') throw invalidRequest('missing public_key')
        const publicKey = orRefuse('failed to parse public_key as SSH key', () => parseSshPublicKey(text))
        // An OTP role allows no kind of certificate, and that is all that the server says of it.
        if (role.keyType === 'otp')
          throw invalidRequest(`cert_type '${wishes.cert_type ?? 'user'}' is not allowed by role`)
        orRefuse('public_key failed to meet the key requirements', () => checkKeyLength(role, publicKey))
        return { type: 'data', ...certify(request, role, publicKey, wishes) }
      }),
    },
    {
      pattern: 'issue/{role@}',
      update: withFields(issueFields, async ({ key_type: type = 'rsa', key_bits: bits = 0, ...wishes }, request) => {
        const role = findRole(request)
        if (role === undefined) throw invalidRequest(`unknown role: ${request.params.role}`)
        if (role.keyType === 'otp') throw invalidRequest("role key type 'otp' not allowed to issue key pairs")
        checkIssuedKey(role, type, bits)
        const key = await generateSshKey(type, bits)
        const { data, warnings } = certify(request, role, publicKeyFromKeyObject(key), wishes)
        return { type: 'data', data: { ...data, private_key: privateKeyText(key), private_key_type: type }, warnings }
      }),
    },
    {
      pattern: 'creds/{role@}',
      update: withFields({ username: 'text', ip: 'text' }, (fields, request) => {
        throw refuseCredentials(findRole(request), request.params.role!, fields)
      }),
    },
  ]
}

function signerOf(issuer: SshIssuer, role: SshCaRole) {
  const privateKey = createPrivateKey(issuer.privateKey)
  const { type } = publicKeyFromKeyObject(privateKey)
  const { family, algorithms } = keyTypeNamed(type)
  const chosen = role.algorithmSigner
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

function checkIssuedKey(role: SshCaRole, type: string, bits: number): void {
  const lengths = role.allowedUserKeyLengths
  if (Object.keys(lengths).length === 0) return
  const present = keyLengthNames(type, '').filter((name) => Object.hasOwn(lengths, name))
  if (present.length === 0) throw invalidRequest('provided key_type value not in allowed_user_key_types')
  if (!present.some((name) => lengths[name]!.includes(bits))) {
    throw invalidRequest("provided key_bits value not in list of role's allowed_user_key_types")
  }
}

/** One-time passwords are not built; everything that a role refuses before it comes to one is answered as Vault does. */
function refuseCredentials(
  role: SshRole | undefined,
  name: string,
  { username, ip = '' }: { username?: string; ip?: string },
): Error {
  if (ip === '') return invalidRequest('Missing ip')
  if (role === undefined) return invalidRequest(`Role ${JSON.stringify(name)} not found`)
  const user = username || role.defaultUser
  if (user === '') return invalidRequest("No default username registered. Use 'username' option")
  const allowed = role.allowedUsers.split(',').map((part) => part.trim())
  if (user !== role.defaultUser && !allowed.includes('*') && !allowed.includes(user)) {
    return invalidRequest(
      role.allowedUsers === ''
        ? 'Username has to be either in allowed users list or has to be a default username'
        : 'Username is not present is allowed users list',
    )
  }
  const networks = role.keyType === 'otp' ? role.cidrList.split(',') : []
  const excluded = role.keyType === 'otp' && role.excludeCidrList !== '' ? role.excludeCidrList.split(',') : []
  if (!isInNetworks(ip, networks) || isInNetworks(ip, excluded)) {
    return invalidRequest('Error validating IP: IP does not belong to role')
  }
  return new DevVaultError('UNSUPPORTED_PATH', 'one-time passwords are not built into the development server')
}
