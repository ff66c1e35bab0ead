import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publicKeyText } from '../../../../../src/dev/vault/ssh/ssh-keys.ts'
import {
  certificateValidity,
  decodeCertificate,
  isSignatureValid,
  type SshCertificate,
} from '../../../../../src/ssh/certificate.ts'
import { parsePublicKeyLine } from '../../../../../src/ssh/public-key-line.ts'
import { SshReader, SshWriter } from '../../../../../src/ssh/wire.ts'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

const newKey = (type: string): KeyObject => {
  switch (type) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey
    default:
      return generateKeyPairSync('ec', { namedCurve: type }).privateKey
  }
}
const line = publicKeyText(newKey('ed25519'))

async function openWithCa(role: object, ca: object = { key_type: 'ed25519' }): Promise<TestVault> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await vault.admin('POST', 'ssh/config/ca', ca)
  await vault.admin('POST', 'ssh/roles/r', { key_type: 'ca', allow_user_certificates: true, ...role })
  return vault
}

const open = { allowed_users: '*', default_user: 'jo' }

async function sign(vault: TestVault, wishes: object = {}, token = vault.vault.rootToken): Promise<SshCertificate> {
  const reply = await vault.call('POST', 'ssh/sign/r', { token, body: { public_key: line, ...wishes } })
  if (reply.status !== 200) throw new Error(reply.text)
  return decodeCertificate(parsePublicKeyLine(String(reply.json.data.signed_key)).blob)
}

const errorOf = async (vault: TestVault, wishes: object = {}, path = 'ssh/sign/r') => {
  const token = vault.vault.rootToken
  const { status, json } = await vault.call('POST', path, { token, body: { public_key: line, ...wishes } })
  return { status, error: json.errors?.[0] }
}

describe('a certificate', () => {
  const caTypes = [
    ['ed25519', 0, 'ssh-ed25519'],
    ['ec', 256, 'ecdsa-sha2-nistp256'],
    ['ec', 384, 'ecdsa-sha2-nistp384'],
    ['ec', 521, 'ecdsa-sha2-nistp521'],
    ['rsa', 2048, 'rsa-sha2-256'],
  ] as const

  it.each(caTypes)('is signed by a CA of type %s %d with %s, whatever it certifies', async (type, bits, algorithm) => {
    const vault = await openWithCa(open, { key_type: type, key_bits: bits })
    for (const subject of ['ed25519', 'prime256v1', 'secp384r1', 'secp521r1', 'rsa']) {
      const certificate = await sign(vault, { public_key: publicKeyText(newKey(subject)) })
      expect(isSignatureValid(certificate)).toBe(true)
      expect(new SshReader(certificate.signature).text()).toBe(algorithm)
    }
  })

  it.each(['rsa-sha2-256', 'rsa-sha2-512'])(
    'is signed by an RSA CA with %s where the role says so',
    async (algorithm) => {
      const vault = await openWithCa({ ...open, algorithm_signer: algorithm }, { key_type: 'rsa', key_bits: 2048 })
      const certificate = await sign(vault)
      expect(new SshReader(certificate.signature).text()).toBe(algorithm)
      expect(isSignatureValid(certificate)).toBe(true)
    },
  )

  it('is signed with SHA-1 where an old role still says so', async () => {
    const vault = await openWithCa({ ...open, algorithm_signer: 'ssh-rsa' }, { key_type: 'rsa', key_bits: 2048 })
    const certificate = await sign(vault)
    expect(new SshReader(certificate.signature).text()).toBe('ssh-rsa')
    expect(isSignatureValid(certificate)).toBe(false)
  })

  it('is not signed with an algorithm that the CA’s key does not have', async () => {
    const vault = await openWithCa({ ...open, algorithm_signer: 'rsa-sha2-256' })
    const { status, error } = await errorOf(vault)
    expect(status).toBe(500)
    expect(error).toContain('unsupported signature algorithm rsa-sha2-256 for key format ssh-ed25519')
  })

  it('is for a FIDO key as well', async () => {
    const vault = await openWithCa(open)
    const reader = new SshReader(parsePublicKeyLine(line).blob)
    reader.string()
    const blob = new SshWriter().string('sk-ssh-ed25519@openssh.com').string(reader.string()).string('ssh:').bytes()
    const certificate = await sign(vault, { public_key: Buffer.from(blob).toString('base64') })
    expect(certificate.publicKey).toMatchObject({ type: 'sk-ssh-ed25519@openssh.com', application: 'ssh:' })
  })

  it('has its times from the server’s clock, the role and the request', async () => {
    const vault = await openWithCa({ ...open, ttl: '30m', max_ttl: '2h', not_before_duration: '1m' })
    vault.advance(5_000)
    expect(certificateValidity(await sign(vault))).toEqual({
      notBeforeMs: vault.nowMs() - 60_000,
      notAfterMs: vault.nowMs() + 1_800_000,
    })
    const wished = certificateValidity(await sign(vault, { ttl: '45m' }))
    expect(wished.notAfterMs).toBe(vault.nowMs() + 2_700_000)
  })

  it('is cut silently at the mount’s longest time, unless more was asked for', async () => {
    const vault = await openWithCa({ ...open, ttl: '3h' })
    await vault.admin('POST', 'sys/mounts/ssh/tune', { max_lease_ttl: '1h' })
    expect(certificateValidity(await sign(vault)).notAfterMs).toBe(vault.nowMs() + 3_600_000)
    expect(await errorOf(vault, { ttl: '2h' })).toEqual({
      status: 400,
      error: 'ttl is larger than maximum allowed 3600',
    })
  })

  it('never has the serial or nonce of another one', async () => {
    const vault = await openWithCa(open)
    const certificates = await Promise.all(Array.from({ length: 8 }, () => sign(vault)))
    expect(new Set(certificates.map(({ serial }) => serial)).size).toBe(8)
    expect(new Set(certificates.map(({ nonce }) => Buffer.from(nonce).toString('hex'))).size).toBe(8)
  })

  it('is signed by the issuer that the role names, and by none once that is gone', async () => {
    const vault = await openWithCa({ ...open, issuer_ref: 'second' })
    expect((await errorOf(vault)).error).toBe('unable to find issuer for reference: second')
    const { public_key: key } = await vault.admin('POST', 'ssh/issuers/import/second', { key_type: 'ec' })
    const { signatureKey } = await sign(vault)
    expect(Buffer.from(signatureKey.blob).toString('base64')).toBe(String(key).split(' ')[1]!.trim())
  })

  it('lists its principals sorted and once, as the server does', async () => {
    const vault = await openWithCa(open)
    expect((await sign(vault, { valid_principals: 'b, a,,b' })).principals).toEqual(['a', 'b'])
    expect((await sign(vault)).principals).toEqual(['jo'])
  })

  it('has the default_user of the role split at its commas', async () => {
    const vault = await openWithCa({ allowed_users: 'jo,ops', default_user: 'ops,jo' })
    expect((await sign(vault)).principals).toEqual(['jo', 'ops'])
  })

  it('names its key by the hash alone where the token has no name', async () => {
    const vault = await openWithCa({ ...open, key_id_format: '{{role_name}}/{{token_display_name}}' })
    expect((await sign(vault)).keyId).toBe('r/token')
  })
})

describe('a host certificate', () => {
  const hosts = {
    allow_user_certificates: false,
    allow_host_certificates: true,
    allowed_domains: 'a.example,b.example',
  }
  const host = (name: string) => ({ cert_type: 'host', valid_principals: name })

  it('is for names below the domains, or for the domains themselves, as the role says', async () => {
    const below = await openWithCa({ ...hosts, allow_subdomains: true })
    expect((await sign(below, host('x.b.example'))).certificateType).toBe('host')
    expect((await errorOf(below, host('b.example'))).error).toBe('b.example is not a valid value for valid_principals')
    expect((await errorOf(below, host('xb.example'))).status).toBe(400)
    const bare = await openWithCa({ ...hosts, allow_bare_domains: true })
    expect((await sign(bare, host('b.example'))).principals).toEqual(['b.example'])
    expect((await errorOf(bare, host('x.b.example'))).status).toBe(400)
  })

  it('has no default name', async () => {
    const vault = await openWithCa({ ...hosts, allow_subdomains: true, default_user: 'jo' })
    expect((await errorOf(vault, { cert_type: 'host' })).error).toContain('no principals specified')
  })
})

describe('the limits of a role on keys', () => {
  const rsa = publicKeyText(newKey('rsa'))
  const p256 = publicKeyText(newKey('prime256v1'))
  const requirements = 'public_key failed to meet the key requirements: '

  it.each([
    [{ rsa: [2048, 4096] }, rsa, undefined],
    [{ 'ssh-rsa': '4096' }, rsa, `${requirements}key is of an invalid size: 2048`],
    [{ rsa: 2048 }, p256, `${requirements}key of type ecdsa is not allowed`],
    [{ ec: [256] }, p256, undefined],
    [{ ecdsa: [384] }, p256, `${requirements}key is of an invalid size: 256`],
    [{ 'ecdsa-sha2-nistp256': 0 }, p256, undefined],
    [{ 'ecdsa-sha2-nistp384': 0 }, p256, `${requirements}key of type ecdsa is not allowed`],
    [{ 'ssh-ed25519': 256 }, line, undefined],
    [{ ed25519: [] }, line, `${requirements}key is of an invalid size: 0`],
  ])('%j', async (lengths, key, error) => {
    const vault = await openWithCa({ ...open, allowed_user_key_lengths: lengths })
    expect((await errorOf(vault, { public_key: key })).error).toBe(error)
  })
})

describe('templates in a role', () => {
  async function openWithPerson(role: object, name = 'mia') {
    const vault = await openWithCa(role)
    await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await vault.admin('POST', 'auth/userpass/users/mia', { password: 'pw', token_policies: 'sign' })
    await vault.admin('POST', 'sys/policies/acl/sign', { policy: 'path "ssh/sign/r" { capabilities = ["update"] }' })
    const login = await vault.call('POST', 'auth/userpass/login/mia', { body: { password: 'pw' } })
    await vault.admin('POST', `identity/entity/id/${login.json.auth.entity_id}`, { name })
    const token = login.json.auth.client_token
    return {
      vault,
      certificate: (wishes: object = {}) => sign(vault, wishes, token),
      reply: (wishes: object = {}) =>
        vault.call('POST', 'ssh/sign/r', { token, body: { public_key: line, ...wishes } }),
    }
  }
  const own = '{{identity.entity.name}}'

  it('make principals of the caller’s entity, with a suffix too', async () => {
    const { certificate, reply } = await openWithPerson({
      allowed_users: `${own},adm-${own}`,
      allowed_users_template: true,
      default_user: `adm-${own}`,
      default_user_template: true,
    })
    expect((await certificate()).principals).toEqual(['adm-mia'])
    expect((await certificate({ valid_principals: 'mia' })).principals).toEqual(['mia'])
    expect((await reply({ valid_principals: 'jo' })).status).toBe(400)
  })

  it('do not let a comma in a name make two principals of it, unless the role allows that', async () => {
    const role = { allowed_users: '*', default_user: own, default_user_template: true }
    const strict = await openWithPerson(role, 'mia,root')
    const refused = await strict.reply()
    expect(refused.status).toBe(500)
    expect(refused.json.errors[0]).toContain('could not be rendered')
    const loose = await openWithPerson({ ...role, allow_commas_in_identity_templates: true }, 'mia,root')
    expect((await loose.certificate()).principals).toEqual(['mia', 'root'])
  })

  it('say which alias is missing, in allowed_users, default_user and extensions', async () => {
    const template = '{{identity.entity.aliases.none.name}}'
    const message = `template '${template}' could not be rendered -> alias not found`
    const users = await openWithPerson({ allowed_users: template, allowed_users_template: true })
    expect((await users.reply({ valid_principals: 'x' })).json.errors).toEqual([message])
    const extensions = await openWithPerson({
      ...open,
      default_extensions: { 'a@b': template },
      default_extensions_template: true,
    })
    const reply = await extensions.reply()
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status: 400, errors: [message] })
  })

  it('fill in extensions', async () => {
    const { certificate } = await openWithPerson({
      ...open,
      default_extensions: { 'permit-pty': '', 'login@example.com': own },
      default_extensions_template: true,
    })
    expect([...(await certificate()).extensions]).toEqual([
      ['login@example.com', 'mia'],
      ['permit-pty', ''],
    ])
  })
})

describe('issue', () => {
  const issue = (vault: TestVault, body: object) =>
    vault.call('POST', 'ssh/issue/r', { token: vault.vault.rootToken, body })

  it('makes the key pair too, within the role’s limits', async () => {
    const vault = await openWithCa({ ...open, allowed_user_key_lengths: { ed25519: [0], rsa: [3072] } })
    const { json } = await issue(vault, { key_type: 'ed25519' })
    expect(json.data.private_key).toContain('OPENSSH PRIVATE KEY')
    expect((await issue(vault, { key_type: 'ec' })).json.errors).toEqual([
      'provided key_type value not in allowed_user_key_types',
    ])
    expect((await issue(vault, { key_type: 'rsa', key_bits: 2048 })).json.errors).toEqual([
      "provided key_bits value not in list of role's allowed_user_key_types",
    ])
  })

  it('is not for one-time password roles', async () => {
    const vault = await openWithCa(open)
    await vault.admin('POST', 'ssh/roles/r', { key_type: 'otp', default_user: 'jo' })
    expect((await issue(vault, {})).json.errors).toEqual(["role key type 'otp' not allowed to issue key pairs"])
  })
})
