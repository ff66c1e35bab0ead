import { describe, expect, it } from 'vitest'
import { foreignText } from '../../../../src/core/text/display-text.ts'
import { adviseOn } from '../../../../src/vault/advice/advice.ts'
import type { VaultPurpose } from '../../../../src/vault/advice/advice-row.ts'
import { approle as byApprole } from '../../../../src/vault/login/approle.ts'
import { ldap as byLdap } from '../../../../src/vault/login/ldap.ts'
import { radius as byRadius } from '../../../../src/vault/login/radius.ts'
import { userpass as byPassword } from '../../../../src/vault/login/userpass.ts'
import { unwrapAdvice } from '../../../../src/vault/login/wrapped-secret-id.ts'
import type { VaultErrorCode } from '../../../../src/vault/vault-error.ts'
import { recordedErrors, refusal } from '../../../support/vault-answers.ts'

const sign: VaultPurpose = { type: 'sign', mount: 'ssh-client', role: 'ops', keyType: 'ed25519' }
const userpass: VaultPurpose = { type: 'login', mount: 'userpass', who: 'jo', advice: byPassword.advice }
const ldap: VaultPurpose = { type: 'login', mount: 'ldap', who: 'jo', advice: byLdap.advice }
const radius: VaultPurpose = { type: 'login', mount: 'radius', who: 'jo', advice: byRadius.advice }
const approle: VaultPurpose = { type: 'login', mount: 'approle', who: 'the configured role', advice: byApprole.advice }
const unwrap: VaultPurpose = { type: 'unwrap', file: '/home/jo/secret-id', advice: unwrapAdvice }
const renew: VaultPurpose = { type: 'token', operation: 'renew' }

const adviceOn = (status: number, texts: readonly string[], purpose: VaultPurpose, retryAfterMs?: number) =>
  adviseOn({ status, texts: texts.map((text) => foreignText(text, [])), retryAfterMs }, { vault: 'corp', purpose })

/** Every row of the reference's table of sign errors, of its dead tokens, and of what logins and tokens answer. */
const rows: readonly [
  status: number,
  text: string,
  purpose: VaultPurpose,
  code: VaultErrorCode,
  message: string,
  hint: string,
][] = [
  [400, 'Unknown role: ops', sign, 'VAULT_ROLE_UNKNOWN', 'no role "ops" at ssh-client/', 'vault list ssh-client/roles'],
  [400, 'unknown role: ops', sign, 'VAULT_ROLE_UNKNOWN', 'no role "ops"', 'edit role in config.toml'],
  [
    404,
    '1 error occurred:\n\t* unsupported path\n\n',
    { ...sign, mount: 'ssh/sign' },
    'VAULT_MOUNT_UNKNOWN',
    'nothing at ssh/sign/sign/ops',
    'edit mount in config.toml',
  ],
  [400, 'missing public_key', sign, 'VAULT_REQUEST_INVALID', 'public key', 'latchkey --version'],
  [
    400,
    'failed to parse public_key as SSH key: ssh: short read',
    sign,
    'VAULT_REQUEST_INVALID',
    'public key',
    'report',
  ],
  [
    400,
    'public_key failed to meet the key requirements: key of type rsa is not allowed',
    sign,
    'VAULT_KEY_NOT_ALLOWED',
    'keys of type ed25519',
    'of ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-3072, rsa-4096; see: vault read ssh-client/roles/ops',
  ],
  [
    400,
    'public_key failed to meet the key requirements: key of type sk-ssh-ed25519@openssh.com is not allowed',
    { ...sign, keyType: 'sk-ssh-ed25519@openssh.com', isOthersKey: true },
    'VAULT_KEY_NOT_ALLOWED',
    'keys of type sk-ssh-ed25519@openssh.com',
    'name another key in upstream_key, or have its type put into allowed_user_key_lengths',
  ],
  [
    400,
    'public_key failed to meet the key requirements: key is of an invalid size: 2048',
    sign,
    'VAULT_KEY_NOT_ALLOWED',
    'ed25519',
    'allowed_user_key_lengths',
  ],
  [
    400,
    'public_key failed to meet the key requirements: pubkey not suitable for crypto (expected *rsa.PublicKey)',
    sign,
    'VAULT_KEY_NOT_ALLOWED',
    'ed25519',
    'allowed_user_key_lengths',
  ],
  [
    400,
    "role key type 'otp' not allowed to issue key pairs",
    sign,
    'VAULT_ROLE_KIND',
    'does not sign user certificates',
    'vault read',
  ],
  [
    400,
    'provided key_type value not in allowed_user_key_types',
    sign,
    'VAULT_KEY_NOT_ALLOWED',
    'ed25519',
    'vault read',
  ],
  [
    400,
    "provided key_bits value not in list of role's allowed_user_key_types",
    sign,
    'VAULT_KEY_NOT_ALLOWED',
    'ed25519',
    'vault read',
  ],
  [
    400,
    "cert_type 'user' is not allowed by role",
    sign,
    'VAULT_ROLE_KIND',
    'does not sign user',
    'allow_user_certificates',
  ],
  [400, "cert_type 'host' is not allowed by role", sign, 'VAULT_ROLE_KIND', 'does not sign user', 'vault read'],
  [400, "cert_type must be either 'user' or 'host'", sign, 'VAULT_REQUEST_INVALID', 'never asks', 'report'],
  [400, 'setting key_id is not allowed by role', sign, 'VAULT_REQUEST_INVALID', 'never asks', 'report'],
  [
    400,
    'empty valid principals not allowed by role',
    sign,
    'VAULT_PRINCIPALS',
    'no default user',
    'principals = ["ubuntu"]',
  ],
  [
    400,
    'refusing to issue unsafe, globally-valid certificate with no principals specified; set valid_principals or default_user',
    sign,
    'VAULT_PRINCIPALS',
    'no default user',
    'config.toml',
  ],
  [
    400,
    'role is not configured to allow any principals',
    sign,
    'VAULT_PRINCIPALS',
    'allows no principals',
    'take principals out of config.toml',
  ],
  [
    400,
    'role is not configured to allow any principles',
    sign,
    'VAULT_PRINCIPALS',
    'allows no principals',
    'vault read',
  ],
  [
    400,
    'root is not a valid value for valid_principals',
    sign,
    'VAULT_PRINCIPALS',
    'the principal "root"',
    'allowed_users',
  ],
  [
    400,
    "template '{{identity.entity.aliases.auth_x.name}}' could not be rendered -> alias not found",
    sign,
    'VAULT_TEMPLATE',
    'template of role ops',
    'alias',
  ],
  [
    500,
    "template 'x' could not be rendered -> no entity",
    sign,
    'VAULT_TEMPLATE',
    'template of role ops',
    'vault read ssh-client/roles/ops',
  ],
  [400, 'ttl is larger than maximum allowed 7200', sign, 'VAULT_TTL_TOO_LONG', 'at most 2h', 'set ttl'],
  [
    400,
    'extensions [permit-X11-forwarding] are not on allowed list',
    sign,
    'VAULT_OPTIONS_NOT_ALLOWED',
    'permit-X11-forwarding',
    'extensions in config.toml',
  ],
  [
    400,
    'critical options not on allowed list: [verify-required]',
    sign,
    'VAULT_OPTIONS_NOT_ALLOWED',
    'verify-required',
    'critical_options in config.toml',
  ],
  [
    400,
    'unable to find issuer for reference: gone',
    sign,
    'VAULT_CA_MISSING',
    'ssh-client/ has no CA key',
    'vault write ssh-client/config/ca',
  ],
  [400, 'no default issuer currently configured', sign, 'VAULT_CA_MISSING', 'no CA key', 'vault write'],
  [500, 'failed to read CA private key', sign, 'VAULT_CA_MISSING', 'no CA key', 'vault write'],
  [
    500,
    '1 error occurred:\n\t* error creating signer: ssh: no key found\n\n',
    sign,
    'VAULT_CA_MISSING',
    'no CA key',
    'vault write',
  ],
  [
    500,
    '1 error occurred:\n\t* failed to generate signed SSH key: failed to generate random nonce\n\n',
    sign,
    'VAULT_UNAVAILABLE',
    'could not sign just now',
    'tried again',
  ],
  [
    500,
    'failed to parse stored CA private key: asn1',
    sign,
    'VAULT_UNAVAILABLE',
    'could not sign just now',
    'log of the server',
  ],
  [
    404,
    'no handler for route "sshx/sign/ops". route entry not found.',
    sign,
    'VAULT_MOUNT_UNKNOWN',
    'nothing is mounted at ssh-client/',
    'vault secrets list, then edit mount and namespace in config.toml',
  ],
  [
    404,
    'no handler for route "sshx/sign/host". route entry not found.',
    { type: 'sign-host', mount: 'sshx', role: 'host' },
    'VAULT_MOUNT_UNKNOWN',
    'nothing is mounted at sshx/',
    'vault secrets list, then: latchkey ssh host-sign --mount MOUNT, or edit mount and namespace in config.toml',
  ],
  [
    404,
    'no handler for route "auth/up/login/jo". route entry not found.',
    userpass,
    'VAULT_MOUNT_UNKNOWN',
    'nothing is mounted at auth/userpass/',
    'vault auth list',
  ],
  [
    404,
    'no handler for route "sys/wrapping/lookup". route entry not found.',
    unwrap,
    'VAULT_MOUNT_UNKNOWN',
    'sys/wrapping/',
    'config.toml',
  ],
  [
    404,
    'no handler for route "auth/token/renew-self". route entry not found.',
    renew,
    'VAULT_MOUNT_UNKNOWN',
    'auth/token/',
    'config.toml',
  ],
  [404, 'namespace not found', sign, 'VAULT_NAMESPACE', 'namespace does not exist', 'vault namespace list'],
  [403, 'namespaces feature not enabled', sign, 'VAULT_NAMESPACE', 'has no namespaces', 'edit namespace'],
  [
    400,
    'operation unavailable in namespaces',
    renew,
    'VAULT_NAMESPACE',
    'does not exist in a namespace',
    'edit namespace',
  ],
  [
    400,
    'operation only available in root namespace',
    renew,
    'VAULT_NAMESPACE',
    'does not exist in a namespace',
    'edit namespace',
  ],
  [405, '1 error occurred:\n\t* unsupported operation\n\n', sign, 'VAULT_REQUEST_INVALID', 'malformed', 'report'],
  [413, 'http: request body too large', sign, 'VAULT_REQUEST_INVALID', 'malformed', 'report'],
  [
    429,
    'request path "ssh/sign/ops": rate limit quota exceeded',
    sign,
    'VAULT_RATE_LIMITED',
    'rate limit is reached',
    'tried again',
  ],
  [429, 'lease count quota exceeded', sign, 'VAULT_RATE_LIMITED', 'limit', 'tried again'],
  [412, 'required index state not present', sign, 'VAULT_UNAVAILABLE', 'not up to date', 'tried again'],
  [503, 'Vault is sealed', sign, 'VAULT_SEALED', 'it is sealed', 'vault operator unseal'],
  [503, 'OpenBao is sealed', sign, 'VAULT_SEALED', 'it is sealed', 'stay usable'],
  [503, 'namespace is sealed', sign, 'VAULT_SEALED', 'its namespace is sealed', 'unseal'],
  [
    503,
    'API access to this namespace has been locked by an administrator - "team" must be unlocked to gain access.',
    sign,
    'VAULT_UNAVAILABLE',
    'namespace is locked',
    'vault namespace unlock',
  ],
  [503, 'no active Vault instance found', sign, 'VAULT_UNAVAILABLE', 'cannot answer just now', 'tried again'],
  [503, 'node is not active', sign, 'VAULT_UNAVAILABLE', 'cannot answer just now', 'tried again'],
  [502, 'upstream rate limited', sign, 'VAULT_RATE_LIMITED', 'too many requests', 'tried again'],
  [
    500,
    'local node not active but active cluster node not found',
    sign,
    'VAULT_UNAVAILABLE',
    'cannot answer just now',
    'tried again',
  ],
  [500, 'internal error', sign, 'VAULT_UNAVAILABLE', 'cannot answer just now', 'tried again'],
  [501, 'Vault is not initialized', sign, 'VAULT_REFUSED', 'not been initialised', 'vault operator init'],
  [400, 'Client sent an HTTP request to an HTTPS server.', sign, 'VAULT_CONFIG', 'speaks TLS', 'https://'],

  [
    403,
    '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
    sign,
    'VAULT_TOKEN_INVALID',
    'the token is not valid',
    'latchkey login corp',
  ],
  [403, 'permission denied', sign, 'VAULT_TOKEN_REJECTED', 'does not accept the token', 'latchkey login corp'],
  [400, 'missing client token', sign, 'VAULT_TOKEN_REJECTED', 'does not accept the token', 'latchkey login corp'],
  [403, 'bad token', renew, 'VAULT_TOKEN_INVALID', 'the token is not valid', 'latchkey login corp'],
  [
    403,
    '1 error occurred:\n\t* permission denied\n\n',
    sign,
    'VAULT_DENIED',
    'may not sign with role ops',
    'capability "update" on "ssh-client/sign/ops"',
  ],
  [
    403,
    '1 error occurred:\n\t* permission denied\n\n',
    renew,
    'VAULT_DENIED',
    'may not renew itself',
    'policy "default"',
  ],
  [
    403,
    '1 error occurred:\n\t* permission denied\n\n',
    unwrap,
    'VAULT_DENIED',
    'may not do this',
    'vault token lookup',
  ],

  [400, 'invalid username or password', userpass, 'VAULT_LOGIN_FAILED', 'wrong password for jo', 'latchkey login corp'],
  [400, 'could not load configuration', userpass, 'VAULT_LOGIN_LOCKED', 'is not configured', 'auth/userpass/config'],
  [
    500,
    'could not load backend configuration',
    userpass,
    'VAULT_LOGIN_LOCKED',
    'is not configured',
    'auth/userpass/config',
  ],
  [400, 'radius backend not configured', userpass, 'VAULT_LOGIN_LOCKED', 'is not configured', 'auth/userpass/config'],
  [
    400,
    'LDAP search failed: LDAP Result Code 50 "Insufficient Access Rights": Operations are restricted to bind/unbind/abandon/StartTLS/modify password',
    ldap,
    'VAULT_LOGIN_LOCKED',
    'wants the password of jo changed',
    'latchkey login corp',
  ],
  [
    400,
    'dial udp: lookup radius.example.com on 10.0.0.1:53: no such host',
    radius,
    'VAULT_LOGIN_LOCKED',
    'the RADIUS server behind auth/radius/ does not answer it',
    'latchkey login corp',
  ],
  [500, 'missing password', userpass, 'VAULT_REQUEST_INVALID', 'without a password', 'report'],
  [403, 'permission denied', userpass, 'VAULT_LOGIN_LOCKED', 'it is locked', '15 minutes'],
  [
    403,
    '1 error occurred:\n\t* permission denied\n\n',
    userpass,
    'VAULT_LOGIN_LOCKED',
    'no such auth mount',
    'auth/userpass/ may not exist',
  ],
  [400, 'invalid role or secret ID', approle, 'VAULT_LOGIN_FAILED', 'role id or the secret id', 'secret_id_file'],
  [500, 'missing role_id', approle, 'VAULT_REQUEST_INVALID', 'without a role_id', 'report'],
  [400, 'missing secret_id', approle, 'VAULT_CONFIG', 'requires a secret id', 'set secret_id_file'],
  [
    400,
    'source address "10.0.0.1" unauthorized by CIDR restrictions on the role: %!w(<nil>)',
    approle,
    'VAULT_LOGIN_LOCKED',
    "this machine's network address",
    'addresses that the role is bound to',
  ],
  [
    400,
    'wrapping token is not valid or does not exist',
    unwrap,
    'VAULT_WRAPPING_TOKEN_INVALID',
    'security: the wrapped secret id in /home/jo/secret-id was already opened',
    'audit log',
  ],

  [400, 'lease is not renewable', renew, 'VAULT_NOT_RENEWABLE', 'lease is not renewable', 'latchkey login corp'],
  [400, 'batch tokens cannot be renewed', renew, 'VAULT_NOT_RENEWABLE', 'batch tokens', 'latchkey login corp'],
  [400, 'lease expired', renew, 'VAULT_NOT_RENEWABLE', 'lease expired', 'latchkey login corp'],
  [500, 'past the max TTL, cannot renew', renew, 'VAULT_NOT_RENEWABLE', 'past the max TTL', 'latchkey login corp'],
  [
    500,
    'policies have changed, not renewing',
    renew,
    'VAULT_NOT_RENEWABLE',
    'policies have changed',
    'latchkey login corp',
  ],
  // In OpenBao's own words: what a login method has against a renewal is an error in a list of one.
  [
    500,
    '1 error occurred:\n\t* failed to renew entry: role "ci" does not exist during renewal\n\n',
    renew,
    'VAULT_NOT_RENEWABLE',
    'role "ci" does not exist',
    'latchkey login corp',
  ],
  [
    400,
    '1 error occurred:\n\t* failed to renew entry: invalid credentials\n\n',
    renew,
    'VAULT_NOT_RENEWABLE',
    'the password of its login is no longer accepted',
    'latchkey login corp',
  ],
  [
    400,
    'access denied by the authentication server',
    renew,
    'VAULT_NOT_RENEWABLE',
    'the password of its login is no longer accepted',
    'latchkey login corp',
  ],
  [
    400,
    '1 error occurred:\n\t* error connecting to host "ldap://127.0.0.1:1": LDAP Result Code 200 "Network Error": dial tcp 127.0.0.1:1: connect: connection refused\n\n',
    renew,
    'VAULT_LOGIN_LOCKED',
    'what checked the password does not answer the vault',
    'tried again',
  ],
  [
    400,
    'read udp 127.0.0.1:34387->127.0.0.1:18122: read: connection refused',
    renew,
    'VAULT_LOGIN_LOCKED',
    'what checked the password does not answer the vault',
    'tried again',
  ],
  [
    500,
    'cannot renew a token across namespaces',
    renew,
    'VAULT_NOT_RENEWABLE',
    'across namespaces',
    'latchkey login corp',
  ],
  [
    400,
    'batch tokens cannot be revoked',
    { type: 'token', operation: 'revoke' },
    'VAULT_REFUSED',
    'ends by itself',
    'nothing',
  ],
]

describe('advice on', () => {
  it.each(rows)('%i %j', (status, text, purpose, code, message, hint) => {
    const error = adviceOn(status, [text], purpose)
    expect(error).toMatchObject({ code, status })
    expect(error.message).toMatch(/^vault corp: \p{Ll}/u)
    expect(error.message).toContain(message)
    expect(error.message).not.toMatch(/\.$/)
    expect(error.hint).toContain(hint)
  })

  it.each([
    [429, 'VAULT_RATE_LIMITED'],
    [412, 'VAULT_UNAVAILABLE'],
    [405, 'VAULT_REQUEST_INVALID'],
    [413, 'VAULT_REQUEST_INVALID'],
    [501, 'VAULT_REFUSED'],
    [502, 'VAULT_UNAVAILABLE'],
    [403, 'VAULT_DENIED'],
    [418, 'VAULT_REFUSED'],
  ] as const)('a bare %i is %s', (status, code) => {
    expect(adviceOn(status, [], sign)).toMatchObject({
      code,
      message: expect.stringContaining(`HTTP ${status}`),
      hint: expect.any(String),
    })
  })

  it.each([
    ["cert_type 'host' is not allowed by role", "vault read 'ssh ops/roles/a b'"],
    ['no default issuer currently configured', "vault write 'ssh ops/config/ca'"],
  ])('%j names the path in words for a shell', (text, command) => {
    const purpose = { ...sign, mount: 'ssh ops', role: 'a b' }
    expect(adviceOn(400, [text], purpose).hint).toContain(command)
  })

  it('a text that nobody knows shows it', () => {
    expect(adviceOn(400, ['new words', 'and more'], sign)).toMatchObject({
      code: 'VAULT_REFUSED',
      message: 'vault corp: refused: new words; and more (HTTP 400)',
    })
  })

  it('the second of two texts is found too', () => {
    expect(adviceOn(400, ['something else', 'Unknown role: ops'], sign)).toMatchObject({ code: 'VAULT_ROLE_UNKNOWN' })
  })

  it('a ttl that is too long names the maximum in seconds, where the server does', () => {
    const maxOf = (limit: string) => adviceOn(400, [`ttl is larger than maximum allowed ${limit}`], sign).maxTtlSeconds
    expect(maxOf('7200')).toBe(7200)
    expect(maxOf('2h0m0s')).toBeUndefined()
    expect(maxOf('0')).toBeUndefined()
    expect(adviceOn(400, ['ttl is larger than maximum allowed 2h0m0s'], sign).hint).toContain('2h0m0s')
  })

  const host: VaultPurpose = { type: 'sign-host', mount: 'ssh', role: 'host' }
  const byHand = 'run the command again'
  it.each<[string, VaultPurpose, string]>([
    ['a login', { ...userpass, isAsked: true }, 'run: latchkey login corp'],
    ['the certificate of a host', host, byHand],
    ['what is public', { type: 'public', mount: 'sys', isAsked: true }, byHand],
  ])('sends back later whoever has wanted %s, which nobody tries again', (_, purpose, back) => {
    expect(adviceOn(500, ['internal error'], purpose).hint).toBe(`wait a little, then ${back}`)
    expect(adviceOn(500, ['a new one'], purpose).hint).toBe(`wait a little, then ${back}`)
    expect(adviceOn(503, ['Vault is sealed'], purpose).hint).toBe(
      `its operator must run: vault operator unseal; then ${back}`,
    )
  })

  it.each<VaultPurpose>([sign, approle, unwrap, renew, { type: 'public', mount: 'ssh' }])(
    'says of what the daemon wants that it is tried again: %j',
    (purpose) => {
      const again = 'it is tried again automatically, and certificates already held stay usable until they expire'
      expect(adviceOn(500, ['internal error'], purpose).hint).toBe(again)
      expect(adviceOn(503, ['Vault is sealed'], purpose).hint).toBe(
        `its operator must run: vault operator unseal; ${again}`,
      )
    },
  )

  it('a limit with Retry-After says how long', () => {
    expect(adviceOn(429, ['rate limit quota exceeded'], sign, 8_500)).toMatchObject({
      retryAfterMs: 8_500,
      message: expect.stringContaining('it asks to wait 9s'),
    })
  })
})

describe('the recorded refusals that depend on circumstances', () => {
  it.each<[string, VaultPurpose, VaultErrorCode, string, string]>([
    [
      'sign with it',
      sign,
      'VAULT_ROLE_KIND',
      'wants signatures of type ssh-rsa, which the CA key of ssh-client/ (ssh-ed25519) cannot make',
      'vault write ssh-client/roles/ops algorithm_signer=default',
    ],
    [
      'a comma in the metadata',
      sign,
      'VAULT_TEMPLATE',
      'a value with a comma, which the role does not allow: {{identity.entity.metadata.users}}',
      'allow_commas_in_identity_templates=true',
    ],
    ['empty metadata', sign, 'VAULT_PRINCIPALS', 'no default user', 'set principals'],
    [
      'lookup-self of a disabled entity',
      renew,
      'VAULT_TOKEN_REJECTED',
      'its entity is disabled',
      'latchkey login corp',
    ],
    ['sign with a disabled entity', sign, 'VAULT_TOKEN_REJECTED', 'does not accept the token', 'latchkey login corp'],
    [
      'login of a disabled entity',
      userpass,
      'VAULT_LOGIN_LOCKED',
      'locked, disabled or bound to other networks',
      'check mount',
    ],
    [
      'AppRole from an address that is not bound',
      approle,
      'VAULT_LOGIN_LOCKED',
      "this machine's network address",
      'an allowed network',
    ],
    ['lookup-self of a token bound to another network', renew, 'VAULT_TOKEN_REJECTED', 'other networks', 'login'],
    ['sign with a token bound to another network', sign, 'VAULT_TOKEN_REJECTED', 'other networks', 'login'],
    ['renew a token bound to another network', renew, 'VAULT_TOKEN_REJECTED', 'other networks', 'login'],
    ['an address that ends in /v1', sign, 'VAULT_MOUNT_UNKNOWN', 'nothing is mounted', 'vault secrets list'],
  ])('%s', (name, purpose, code, message, hint) => {
    const { status, json } = refusal(name)
    expect(adviceOn(status, json.errors, purpose)).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })
})

describe('an answer that is not from a vault', () => {
  it.each([sign, userpass, approle, unwrap, renew])('decides nothing: %j', (purpose) => {
    for (const status of [400, 401, 403, 404, 407, 511]) {
      const error = adviseOn({ status }, { vault: 'corp', purpose })
      expect(error.code).toBe(status < 500 ? 'VAULT_BAD_RESPONSE' : 'VAULT_UNAVAILABLE')
      expect(`${error.message} ${error.hint}`).not.toMatch(/polic|locked|security/)
    }
  })
})

describe('a text for display', () => {
  it('is one line without control characters and not endless', () => {
    expect(foreignText('a\n\t* b\u001b[31m\u202e', [])).toBe('a * b [31m')
    expect(foreignText('x'.repeat(1000), []).length).toBe(301)
  })
})

const purposeOf = (path: string): VaultPurpose | undefined => {
  const [, mount, role] = /^\/v1\/(.*)\/(?:sign|issue)\/(.*)$/.exec(path) ?? []
  if (mount !== undefined) return { type: 'sign', mount, role: role!, keyType: 'ssh-ed25519' }
  if (path.includes('/userpass/login/') || path.includes('/nope/login/')) return userpass
  if (path.includes('/approle/login')) return approle
  if (path.includes('/sys/wrapping/')) return unwrap
  return path.includes('/auth/token/') ? renew : undefined
}

describe('the recorded refusals of a real server', () => {
  const expected: Readonly<Partial<Record<VaultErrorCode, RegExp>>> = {
    VAULT_ROLE_UNKNOWN: /unknown role|role in the wrong case|mount without CA and role/,
    VAULT_REQUEST_INVALID:
      /no public key|broken public key|garbage public key|no such cert_type|key_id not allowed|no password|no role id|body that is not JSON/,
    VAULT_PRINCIPALS:
      /principal|role without allowed_users|no default_user|host outside allowed_domains|template not rendered: root|another person/,
    VAULT_TTL_TOO_LONG: /ttl above max_ttl/,
    VAULT_ROLE_KIND: /host certificate from a user role|user certificate from a host role|sign with an OTP role/,
    VAULT_OPTIONS_NOT_ALLOWED: /extension not allowed|critical option not allowed/,
    VAULT_KEY_NOT_ALLOWED: /key type not allowed|key length not allowed/,
    VAULT_CA_MISSING: /^mount without CA$/,
    VAULT_MOUNT_UNKNOWN: /wrong mount, root token/,
    VAULT_TOKEN_REJECTED:
      /^no token$|garbage token|third use|expired token|revoke-self twice|revoked token|lookup-self with/,
    VAULT_DENIED: /without the policy|without policy|a token of the root namespace/,
    VAULT_LOGIN_FAILED: /wrong password|unknown user|failure [1-5]|secret id used up|wrong secret id|wrong role id/,
    VAULT_LOGIN_LOCKED:
      /outside the bound networks|failure 6|while locked out|auth mount that is not there|single phase, wrong code/,
    VAULT_CONFIG: /no secret id/,
    VAULT_WRAPPING_TOKEN_INVALID: /unwrap twice|used wrapping token|unwrap garbage/,
    VAULT_NOT_RENEWABLE: /renew a (batch )?token/,
    VAULT_RATE_LIMITED: /in the interval|with headers/,
    VAULT_SEALED: /while sealed/,
    VAULT_NAMESPACE: /no such namespace/,
    // These are requests that latchkey never makes.
    VAULT_REFUSED: /revoke a batch token|negative ttl|ttl that is no duration/,
  }
  const answers = recordedErrors.flatMap((answer) => {
    const purpose = purposeOf(answer.path)
    return purpose === undefined ? [] : [{ ...answer, purpose }]
  })

  it.each(answers)('$topic: $name', ({ name, status, json, purpose }) => {
    const { code } = adviceOn(status, json.errors ?? [], purpose)
    expect(name).toMatch(expected[code] ?? /no code expected/)
  })

  it('are enough of them to mean something', () => {
    expect(answers.length).toBeGreaterThan(60)
  })
})
