import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { type CertificateFields, encodeCertificate } from '../../../../src/ssh/certificate.ts'
import { decodePublicKey, fingerprint, type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { signData } from '../../../../src/ssh/signature.ts'
import type { VaultClient } from '../../../../src/vault/client.ts'
import { createCaWatch } from '../../../../src/vault/ssh/ca-watch.ts'
import { createVaultIssuer, type SigningOptions, type VaultIssuerDeps } from '../../../../src/vault/ssh/issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recorded } from '../../../support/vault-answers.ts'
import { type ReceivedRequest, type Script, type ScriptedAnswer, scriptedVault } from '../../../support/vault-http.ts'
import { recordingLog, testClient, tokenIn, until } from '../../../support/vault-world.ts'

const route = 'POST ssh/sign/ops'
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const ca = generateKeyPairSync('ed25519')
const ours = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const theirs = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const never = new AbortController().signal

const seconds = (ms: number) => BigInt(Math.floor(ms / 1000))

/** The answer of a CA that certifies our key for half an hour, or as it is told. */
function certified(fields: Partial<CertificateFields> = {}, more: object = {}): ScriptedAnswer {
  const blob = encodeCertificate(
    {
      publicKey: ours,
      nonce: new Uint8Array(32),
      serial: 7n,
      certificateType: 'user',
      keyId: 'vault-userpass-jo-x',
      principals: ['ubuntu'],
      validAfter: seconds(nowMs) - 30n,
      validBefore: seconds(nowMs) + 1800n,
      criticalOptions: new Map(),
      extensions: new Map([['permit-pty', '']]),
      signatureKey: publicKeyFromKeyObject(ca.publicKey),
      ...fields,
    },
    (data) => signData(ca.privateKey, 'ssh-ed25519', data),
  )
  return {
    json: { data: { serial_number: '7', signed_key: `${formatPublicKeyLine(blob, '')}\n` }, warnings: null, ...more },
  }
}

async function world(signing: Partial<SigningOptions> = {}, startMs = nowMs) {
  const vault = await scriptedVault()
  vault.on(route, certified())
  const clock = fakeClock(startMs)
  const { log, lines } = recordingLog()
  const token = new Secret('hvs.secret')
  const login = { isPresent: true, looks: 0 }
  const tokens: VaultIssuerDeps['tokens'] = {
    withAccess: (use) => use({ token }),
    isOfPresentLogin: (of) => tokenIn(of) === token && login.isPresent,
    look() {
      login.looks += 1
      return undefined
    },
  }
  const client = testClient(vault.address, { clock, maxRetries: 0 })
  const watch = createCaWatch(client, 'ssh', clock, log)
  const issuerWith = (by: VaultClient) =>
    createVaultIssuer({
      client: by,
      tokens,
      ca: watch,
      signing: { mount: 'ssh', role: 'ops', ...signing },
      clock,
      log,
    })
  const issuer = issuerWith(client)
  const bodies = () => vault.requests.map(({ body }) => body)
  const issue = async (key = ours, signal = never) => (await issuer.issue(key, signal)).certificate
  return { vault, clock, lines, bodies, login, watch, client, issuerWith, issuer, issue }
}

/** An HTTP Date that is `ms` after our clock. */
const dated = (answer: ScriptedAnswer, ms: number): ScriptedAnswer => ({
  ...(answer as object),
  headers: { Date: new Date(nowMs + ms).toUTCString() },
})

describe('a role that refuses the key', () => {
  const refused: ScriptedAnswer = {
    status: 400,
    json: { errors: ['public_key failed to meet the key requirements: key of type ed25519 is not allowed'] },
  }
  const role = (lengths: unknown): ScriptedAnswer => ({ json: { data: { allowed_user_key_lengths: lengths } } })

  it.each([
    [{ rsa: [4096], ec: [256, 384] }, 'the role takes: ecdsa-p256, ecdsa-p384, rsa-4096'],
    [{ dsa: [1024], rsa: [2048] }, 'none of the keys that latchkey makes'],
  ])('is read for the key types that it takes: %j', async (lengths, hint) => {
    const { vault, issue } = await world()
    vault.on(route, refused)
    vault.on('GET ssh/roles/ops', role(lengths))
    await expect(issue()).rejects.toMatchObject({
      code: 'VAULT_KEY_NOT_ALLOWED',
      message: expect.stringContaining('role ops does not certify keys of type ed25519'),
      hint: expect.stringContaining(hint),
    })
  })

  it.each([
    ['may not be read', { status: 403, json: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } }],
    ['says nothing of keys', role({})],
    ['is not understood', role('rsa')],
  ] as const)('is explained by all other key types where it %s', async (_, answer) => {
    const { vault, issue } = await world()
    vault.on(route, refused)
    vault.on('GET ssh/roles/ops', answer)
    await expect(issue()).rejects.toMatchObject({
      code: 'VAULT_KEY_NOT_ALLOWED',
      hint: expect.stringContaining('of ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-3072, rsa-4096; see: vault read'),
    })
  })
})

describe('a sign request', () => {
  it('holds the public key and nothing that is not configured', async () => {
    const { vault, bodies, issue } = await world()
    const certificate = await issue()
    expect(bodies()).toEqual([{ public_key: formatPublicKeyLine(ours.blob, '') }])
    expect(vault.requests[0]!.headers['x-vault-token']).toBe('hvs.secret')
    expect(certificate).toMatchObject({ keyId: 'vault-userpass-jo-x', serial: 7n, principals: ['ubuntu'] })
  })

  it('holds what is configured, in the words of the API', async () => {
    const { vault, bodies, issue } = await world({
      principals: ['admin', 'deploy'],
      ttlSeconds: 900,
      extensions: { 'permit-pty': '' },
      criticalOptions: { 'source-address': '10.0.0.0/8' },
    })
    vault.on(route, certified({ principals: ['admin', 'deploy'] }))
    await issue()
    expect(bodies()).toEqual([
      {
        public_key: formatPublicKeyLine(ours.blob, ''),
        valid_principals: 'admin,deploy',
        ttl: 900,
        extensions: { 'permit-pty': '' },
        critical_options: { 'source-address': '10.0.0.0/8' },
      },
    ])
  })

  it('never holds empty principals', async () => {
    const { bodies, issue } = await world({ principals: [] })
    await issue()
    expect(bodies()[0]).not.toHaveProperty('valid_principals')
  })

  it('goes to the configured mount and role, encoded', async () => {
    const { vault, issue } = await world({ mount: 'teams/a/ssh', role: 'ops@corp' })
    vault.on('POST teams/a/ssh/sign/ops%40corp', certified())
    await issue()
    expect(vault.requests[0]!.path).toBe('/v1/teams/a/ssh/sign/ops%40corp')
  })

  it('is given up with its caller', async () => {
    const { issue } = await world()
    await expect(issue(ours, AbortSignal.abort())).rejects.toMatchObject({ code: 'VAULT_ABORTED' })
  })

  it('that is refused says what to do', async () => {
    const { vault, issue } = await world()
    vault.on(route, recorded('ssh-sign', 'principal not allowed'))
    await expect(issue()).rejects.toMatchObject({
      code: 'VAULT_PRINCIPALS',
      hint: expect.stringContaining('ssh/roles/ops'),
    })
  })
})

describe('a ttl above the maximum of the role', () => {
  const tooLong = (request: ReceivedRequest): ScriptedAnswer =>
    Number((request.body as { ttl?: number }).ttl) > 7200
      ? { status: 400, json: { errors: ['ttl is larger than maximum allowed 7200'] } }
      : certified()

  it('is cut to it with a warning, and from then on asked for at once', async () => {
    const { vault, bodies, lines, issue } = await world({ ttlSeconds: 36_000 })
    vault.on(route, tooLong)
    await issue()
    await issue()
    expect(bodies()).toMatchObject([{ ttl: 36_000 }, { ttl: 7200 }, { ttl: 7200 }])
    expect(lines.filter((line) => line.startsWith('warn:'))).toEqual([expect.stringMatching(/ttl=10h maximum=2h/)])
  })

  it('is an error where the server names no seconds', async () => {
    const { vault, issue } = await world({ ttlSeconds: 36_000 })
    vault.on(route, { status: 400, json: { errors: ['ttl is larger than maximum allowed 2h0m0s'] } })
    await expect(issue()).rejects.toMatchObject({ code: 'VAULT_TTL_TOO_LONG' })
    expect(vault.requests).toHaveLength(1)
  })

  it.each([undefined, 7200])('that is %s is not asked for again', async (ttlSeconds) => {
    const { vault, issue } = await world({ ttlSeconds })
    vault.on(route, { status: 400, json: { errors: ['ttl is larger than maximum allowed 7200'] } })
    await expect(issue()).rejects.toMatchObject({ code: 'VAULT_TTL_TOO_LONG', maxTtlSeconds: 7200 })
    expect(vault.requests).toHaveLength(1)
  })
})

it('a request that nobody waits for says so', async () => {
  const requests: (boolean | undefined)[] = []
  const { client, issuerWith } = await world()
  const watched: typeof client = {
    ...client,
    request: (request) => {
      requests.push(request.isBackground)
      return client.request(request)
    },
  }
  const issuer = issuerWith(watched)
  await issuer.issue(ours, never)
  await issuer.issue(ours, never, true)
  expect(requests).toEqual([undefined, true])
})

describe('a certificate that comes back', () => {
  it.each<[string, Partial<CertificateFields>, string]>([
    ['for another key', { publicKey: theirs }, 'CERTIFICATE_OF_ANOTHER_KEY'],
    ['for a host', { certificateType: 'host' }, 'CERTIFICATE_FOR_A_HOST'],
    ['for nobody', { principals: [] }, 'CERTIFICATE_WITHOUT_PRINCIPALS'],
    ['with a template', { principals: ['{{identity.entity.name}}'] }, 'CERTIFICATE_TEMPLATE_UNRENDERED'],
    ['expired', { validBefore: seconds(nowMs) }, 'CERTIFICATE_EXPIRED'],
    [
      'of the future',
      { validAfter: seconds(nowMs) + 3600n, validBefore: seconds(nowMs) + 7200n },
      'CERTIFICATE_NOT_YET_VALID',
    ],
    [
      'with an option that sshd does not know',
      { criticalOptions: new Map([['x@y', '']]) },
      'CERTIFICATE_OPTION_UNKNOWN',
    ],
    ['signed by another', { signatureKey: theirs }, 'CERTIFICATE_SIGNATURE_INVALID'],
  ])('%s is refused', async (_, fields, code) => {
    const { vault, issue } = await world()
    vault.on(route, certified(fields))
    await expect(issue()).rejects.toMatchObject({ code, hint: expect.any(String) })
  })

  it.each<[string, ScriptedAnswer]>([
    ['is missing', { json: { data: {} } }],
    ['is no line', { json: { data: { signed_key: 'hello' } } }],
    ['is a plain key', { json: { data: { signed_key: formatPublicKeyLine(ours.blob, '') } } }],
    [
      'is cut off',
      {
        json: {
          data: { signed_key: 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t' },
        },
      },
    ],
    ['comes without data', { status: 204 }],
  ])('%s is a bad response', async (_, answer) => {
    const { vault, issue } = await world()
    vault.on(route, answer)
    await expect(issue()).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE', hint: expect.stringContaining('mount') })
  })

  it.each([
    'sign ed25519, defaults',
    'sign ecdsa-256, defaults',
    'sign rsa-2048, defaults',
    'critical options asked for',
    'not_before_duration',
  ])('from a real server is taken: %s', async (name) => {
    const answer = recorded('ssh-sign', name)
    const key = decodePublicKey(parsePublicKeyLine(String(answer.body!.public_key)).blob)
    const { vault, issue } = await world({}, Date.UTC(2026, 10, 23, 9, 30))
    vault.on(route, answer)
    expect((await issue(key)).publicKey.blob).toEqual(key.blob)
  })

  it('from a real server for a template that was not filled in is explained', async () => {
    const answer = recorded('ssh-sign', 'default_user template not rendered')
    const key = decodePublicKey(parsePublicKeyLine(String(answer.body!.public_key)).blob)
    const { vault, issue } = await world({}, Date.UTC(2026, 10, 23, 9, 30))
    vault.on(route, answer)
    await expect(issue(key)).rejects.toMatchObject({
      code: 'CERTIFICATE_TEMPLATE_UNRENDERED',
      hint: expect.stringContaining('latchkey login'),
    })
  })

  it.each([[['root', 'alice']], [['*']], [['bo']]])(
    'for %j instead of who was asked for is refused',
    async (principals) => {
      const { vault, issue } = await world({ principals: ['bob'] })
      vault.on(route, certified({ principals }))
      await expect(issue()).rejects.toMatchObject({ code: 'CERTIFICATE_FOR_OTHERS', hint: expect.any(String) })
    },
  )
})

describe('a certificate that is believed only as far as asked', () => {
  const more: ScriptedAnswer = certified({ principals: ['ubuntu', 'root'] })
  const signing = { principals: ['ubuntu'], strict: true }

  it('is refused where it is more, for good until something is changed', async () => {
    const { vault, issuer, issue } = await world(signing)
    vault.on(route, more)
    const error: unknown = await issue().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'CERTIFICATE_MORE_THAN_ASKED', message: expect.stringContaining('"root"') })
    expect(issuer.failureOf(error)).toBe('lasting')
  })

  it('is taken with a warning where strict is not set, and without one where it is as asked', async () => {
    const { vault, issuer } = await world({ ...signing, strict: false })
    vault.on(route, more)
    expect((await issuer.issue(ours, never)).warnings).toHaveLength(1)
    const strict = await world(signing)
    expect((await strict.issuer.issue(ours, never)).warnings).toEqual([])
  })

  it('is measured by the ttl that the role has lowered', async () => {
    const { vault, issue } = await world({ strict: true, ttlSeconds: 36_000 })
    const tooLong = { status: 400, json: { errors: ['ttl is larger than maximum allowed 600'] } }
    vault.on(route, ({ body }) => ((body as { ttl: number }).ttl > 600 ? tooLong : certified()))
    await expect(issue()).rejects.toMatchObject({
      code: 'CERTIFICATE_MORE_THAN_ASKED',
      message: expect.stringContaining('valid for 30m, though 10m was asked for'),
    })
  })

  it('is refused from a CA that is not named', async () => {
    const named = fingerprint(publicKeyFromKeyObject(ca.publicKey).blob)
    expect((await (await world({ cas: [named] })).issue()).serial).toBe(7n)
    const { issue } = await world({ cas: [fingerprint(theirs.blob)] })
    await expect(issue()).rejects.toMatchObject({ code: 'CERTIFICATE_OF_ANOTHER_CA' })
  })
})

describe('what the log says', () => {
  const warnings = (lines: readonly string[]) => lines.filter((line) => line.startsWith('warn:'))

  it('are the warnings of the server', async () => {
    const { vault, lines, issue } = await world()
    vault.on(route, certified({}, { warnings: ['no pty\u001b[2J for you'] }))
    await issue()
    expect(warnings(lines)).toEqual([expect.stringMatching(/vault warns .*reason="no pty \[2J for you"/)])
  })

  it('is, once while it stays so, how a certificate differs from what was asked for', async () => {
    const { vault, lines, issuer } = await world({ principals: ['bob'] })
    const odd = { principals: ['bob', 'root\u009b'], criticalOptions: new Map([['force-command', '/bin/false']]) }
    vault.on(route, certified(odd, { warnings: ['no pty'] }))
    const said = [
      'vault warns: no pty',
      'the certificate is not as asked for: it is also for "root\\u009b", which was not asked for',
      'the certificate is not as asked for: it is restricted by "force-command=/bin/false", which was not asked for',
    ]
    expect((await issuer.issue(ours, never)).warnings).toEqual(said)
    expect((await issuer.issue(ours, never)).warnings).toEqual(said)
    expect(warnings(lines)).toHaveLength(3)
    expect(warnings(lines)[2]).toMatch(/not as asked for .*reason=".*force-command=/)
    vault.on(route, certified({ principals: ['bob'] }))
    expect((await issuer.issue(ours, never)).warnings).toEqual([])
    vault.on(route, certified(odd))
    await issuer.issue(ours, never)
    expect(warnings(lines)).toHaveLength(5)
  })

  it('is, once while it stays so, that certificates live longer than a day', async () => {
    const { vault, lines, issue } = await world()
    vault.on(route, certified({ validBefore: seconds(nowMs) + 24n * 3600n }))
    await issue()
    expect(warnings(lines)).toEqual([])
    vault.on(route, certified({ validBefore: seconds(nowMs) + 768n * 3600n }))
    await issue()
    await issue()
    expect(warnings(lines)).toEqual([expect.stringMatching(/needs a look .*far longer than a day: set ttl/)])
  })

  it('is a clock that is wrong by more than 30 s, until it is right again', async () => {
    const { vault, lines, issue } = await world()
    vault.on(
      route,
      dated(certified(), 40_000),
      dated(certified(), 41_000),
      dated(certified(), 0),
      dated(certified({ validAfter: seconds(nowMs) - 120n }), -90_000),
    )
    for (let count = 0; count < 4; count += 1) await issue()
    expect(warnings(lines)).toEqual([
      expect.stringMatching(/the clock of this machine is 40s behind .*sudo timedatectl set-ntp true/),
      expect.stringContaining('the clock of this machine is 1m 29s ahead of'),
    ])
  })

  it('never has the token', async () => {
    const { vault, lines, issue } = await world()
    await issue()
    vault.on(route, ({ headers }) => ({ status: 400, json: { errors: [String(headers['x-vault-token'])] } }))
    const error: unknown = await issue().catch((thrown: unknown) => thrown)
    expect(inspect([lines, error], { depth: 9 })).not.toContain('hvs.secret')
  })
})

describe('a clock that is not the server’s', () => {
  it.each([
    ['behind', 3600_000, { validAfter: seconds(nowMs) + 3570n, validBefore: seconds(nowMs) + 7200n }],
    ['ahead', -3600_000, { validAfter: seconds(nowMs) - 3630n, validBefore: seconds(nowMs) - 1800n }],
  ])('(%s) does not keep a certificate from being used, and is told with it', async (_, skewMs, fields) => {
    const { vault, issuer } = await world()
    vault.on(route, dated(certified(fields), skewMs))
    const { clockSkewMs, certificate } = await issuer.issue(ours, never)
    expect(Math.abs(clockSkewMs - skewMs)).toBeLessThanOrEqual(1000)
    expect(certificate.validBefore).toBe(fields.validBefore)
  })

  it.each([
    ['before the certificate begins', -60_000],
    ['after it has ended', 1800_000],
  ])('is not known from a Date %s, which is that of a proxy', async (_, dateMs) => {
    const { vault, lines, issuer } = await world()
    vault.on(route, dated(certified(), dateMs))
    expect(await issuer.issue(ours, never)).toMatchObject({ clockSkewMs: 0, warnings: [] })
    expect(lines.filter((line) => line.startsWith('warn:'))).toEqual([])
  })

  it('is not known without a Date', async () => {
    const { vault, issuer } = await world()
    expect(await issuer.issue(ours, never)).toMatchObject({ clockSkewMs: 0 })
    vault.on(route, certified({ validBefore: seconds(nowMs) - 60n }))
    await expect(issuer.issue(ours, never)).rejects.toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      hint: expect.stringContaining('timedatectl'),
    })
  })
})

describe('a certificate and what it came from', () => {
  const publicKey = 'GET ssh/public_key'
  const line = (key: PublicKey) => ({
    raw: `${formatPublicKeyLine(key.blob, '')}\n`,
    headers: { 'Content-Type': 'text/plain' },
  })
  const present = publicKeyFromKeyObject(ca.publicKey)
  const another = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
  /** A certificate, and the first look at the CA that a list after five minutes brings. */
  const looked = async (key: PublicKey) => {
    const all = await world()
    all.vault.on(publicKey, line(key))
    const issued = await all.issuer.issue(ours, never)
    const look = async () => {
      const count = all.vault.requests.length
      const before = all.watch.key()
      all.clock.advance(300_000)
      await issued.look()
      expect([all.vault.requests.length > count, all.watch.key() !== before]).toEqual([true, true])
    }
    await look()
    return { ...all, issued, look }
  }

  it('is current while login and CA stay', async () => {
    const { issued, vault } = await looked(present)
    expect(issued.standing()).toBe('current')
    expect(vault.requests.at(-1)!.headers['x-vault-token']).toBeUndefined()
  })

  it('is foreign as soon as somebody else is logged in', async () => {
    const { issued, login } = await looked(present)
    login.isPresent = false
    expect(issued.standing()).toBe('foreign')
  })

  it('is outdated once the CA has another key, and its successor is not', async () => {
    const { vault, issuer, issued, look } = await looked(present)
    vault.on(publicKey, line(another))
    await look()
    expect(issued.standing()).toBe('outdated')
    // Still by the former key: it was not the key of this role that has changed.
    const successor = await issuer.issue(ours, never)
    expect(successor.standing()).toBe('current')
  })

  it('of a role with an issuer of its own is requested again once, and not at each list', async () => {
    const { issuer, issued } = await looked(another)
    expect(issued.standing()).toBe('outdated')
    const successor = await issuer.issue(ours, never)
    expect(successor.standing()).toBe('current')
    expect((await issuer.issue(ours, never)).standing()).toBe('current')
  })

  it('is looked at every five minutes at most, and only when a list comes', async () => {
    const { vault, clock, issuer } = await world()
    vault.on(publicKey, line(present))
    const { look } = await issuer.issue(ours, never)
    for (let list = 0; list < 3; list += 1) expect(look()).toBeUndefined()
    clock.advance(299_999)
    expect(look()).toBeUndefined()
    expect(vault.calls()).toEqual([route])
    clock.advance(1)
    await Promise.all([look(), look(), look()])
    expect(look()).toBeUndefined()
    expect(vault.calls()).toEqual([route, publicKey])
  })

  it('keeps a list waiting for a second at most', async () => {
    const { vault, clock, issuer, watch } = await world()
    vault.on(publicKey, 'hang')
    const { look } = await issuer.issue(ours, never)
    clock.advance(300_000)
    const looked = look()
    await until(() => vault.requests.length === 2)
    clock.advance(1_000)
    await looked
    expect([look(), watch.key()]).toEqual([undefined, undefined])
  })

  it('keeps no second list waiting for a server that is down, until it has answered again', async () => {
    const { vault, clock, issuer, watch } = await world()
    vault.on(publicKey, { status: 503, json: { errors: ['sealed'] } })
    const { look } = await issuer.issue(ours, never)
    clock.advance(300_000)
    await look()
    vault.on(publicKey, line(present))
    clock.advance(300_000)
    expect(look()).toBeUndefined()
    await until(() => watch.key() !== undefined)
    clock.advance(300_000)
    expect(look()).toBeInstanceOf(Promise)
  })

  it('has its login looked at by each list', async () => {
    const { login, issuer } = await world()
    void issuer.look()
    expect(login.looks).toBe(1)
  })

  it.each<[string, Script]>([
    ['no key', { raw: 'hello' }],
    ['a refusal', { status: 400, json: { errors: ['no default issuer currently configured'] } }],
    ['nothing', 'drop'],
  ])('stands as it did where the server answers with %s', async (_, answer) => {
    const { vault, clock, issuer, lines } = await world()
    vault.on(publicKey, answer)
    const issued = await issuer.issue(ours, never)
    clock.advance(300_000)
    await issued.look()
    expect(lines.some((text) => text.includes('cannot be read'))).toBe(true)
    expect(issued.standing()).toBe('current')
    expect(lines.filter((text) => text.startsWith('warn:'))).toEqual([])
  })
})
