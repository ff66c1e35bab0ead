import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import {
  type ConfiguredIdentityOptions,
  createConfiguredIdentity,
} from '../../../../src/agent/identities/configured-identity.ts'
import type { ConnectionView, Identity } from '../../../../src/agent/keys/key-store.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { CodedError, errorCode } from '../../../../src/core/errors.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { decodeCertificate } from '../../../../src/ssh/certificate.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { createTestIssuer, settle } from '../../../support/agent-issuer.ts'
import { type FakeClock, fakeClock } from '../../../support/fake-clock.ts'

const local: ConnectionView = { bindings: [], isForwarded: false }
const forwarded: ConnectionView = { bindings: [], isForwarded: true }
const bound: ConnectionView = {
  bindings: [{ hostKeyBlob: Buffer.from('host'), sessionId: Buffer.from('session'), isForwarding: false }],
  isForwarded: false,
}
const otherCa = generateKeyPairSync('ed25519').privateKey
const data = Buffer.from('signed')
const minuteMs = 60_000
// A certificate here is valid from 30 s ago for an hour from now; with random 0.5 renewal is due in the last 30 % of that hour.
const untilAdvisoryMs = 0.7 * 3_600_000
const untilMandatoryMs = 3_600_000 - minuteMs

function setUp(options: Partial<ConfiguredIdentityOptions> = {}) {
  const clock = fakeClock()
  const issuer = createTestIssuer(clock)
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
  const source = createCertificateSource({ name: 'vault corp', clock: options.clock ?? clock, log })
  const key = createConfiguredIdentity({
    name: 'ops',
    comment: 'ops@corp',
    keyType: 'ed25519',
    slowKeys: createTurns(1),
    issuer,
    source,
    clock,
    random: () => 0.5,
    log,
    renew: 'when-used',
    forward: 'never',
    confirm: 'never',
    listKey: false,
    publish: async () => {},
    ...options,
  })
  /** Lists, letting the issue that this needs succeed. */
  const listNew = async () => {
    const listing = key.identities(local)
    await settle()
    const certificate = issuer.succeed()
    return { identities: await listing, certificate }
  }
  const blobs = (identities: readonly Identity[]) => identities.map(({ keyBlob }) => keyBlob)
  return { clock, issuer, lines, source, key, listNew, blobs }
}

async function codeOf(promise: unknown): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return errorCode(error) ?? String(error)
  }
}

describe('a configured identity', () => {
  it('is issued when it is first listed, and lists the certificate', async () => {
    const { listNew, issuer } = setUp()
    const { identities, certificate } = await listNew()
    expect(identities).toEqual([{ keyBlob: certificate.blob, comment: 'ops: ops@corp until 2026-01-02T04:04:05Z' }])
    expect(issuer.calls).toHaveLength(1)
  })

  it('says what would be listed, and fetches nothing for that', async () => {
    const { key, listNew, issuer } = setUp({ listKey: true })
    const empty = new Uint8Array()
    expect(key.expected(bound)).toEqual([
      { keyBlob: empty, comment: 'ops: ops@corp' },
      { keyBlob: empty, comment: 'ops: ops@corp', behind: 'certificates' },
    ])
    expect(issuer.calls).toHaveLength(0)
    const { identities } = await listNew()
    expect(key.expected(local)).toBe(identities)
  })

  it('signs for its certificate, and for the bare key that clients name instead', async () => {
    const { listNew, key } = setUp()
    const { certificate } = await listNew()
    for (const blob of [certificate.blob, certificate.publicKey.blob]) {
      const signer = await key.signer(Uint8Array.from(blob))
      const signature = await signer!.sign(data, 0)
      expect(verifySignature(certificate.publicKey, data, signature)).toBe(true)
    }
    expect(await key.signer(Buffer.from('another'))).toBeUndefined()
  })

  it('is not known before it has been issued', () => {
    const { key } = setUp()
    expect(key.signer(Buffer.from('any'))).toBeUndefined()
    expect(key.status()).toEqual({ state: 'none', keyType: 'ssh-ed25519' })
  })

  it('is issued once for all who list at the same time', async () => {
    const { key, issuer } = setUp()
    const lists = [key.identities(local), key.identities(local), key.identities(local)]
    await settle()
    const { blob } = issuer.succeed()
    for (const list of lists) expect((await list)[0]?.keyBlob).toBe(blob)
    expect(issuer.calls).toHaveLength(1)
  })

  it('lists a fresh certificate without a promise, the same array each time', async () => {
    const { key, listNew } = setUp()
    const { identities } = await listNew()
    expect(key.identities(local)).toBe(identities)
  })

  it('has a comment that cannot control a terminal', async () => {
    const { listNew } = setUp({ name: 'o\nps', comment: '\u001b[31mo\u009b2Jp\u202es' })
    const { identities } = await listNew()
    expect(identities[0]?.comment).toBe('o ps: [31mo 2Jp s until 2026-01-02T04:04:05Z')
  })

  it('takes a certificate that is valid for ever', async () => {
    const { key, issuer } = setUp({ renew: 'always' })
    key.start()
    await settle()
    issuer.succeed({ validAfter: 0n, validBefore: 2n ** 64n - 1n })
    const [identity] = await key.identities(local)
    expect(identity?.comment).toContain('until 9999-12-31T23:59:59Z')
  })
})

describe('the bare key', () => {
  it('is listed behind all certificates where that is asked for', async () => {
    const { listNew } = setUp({ listKey: true })
    const { identities, certificate } = await listNew()
    expect(identities).toEqual([
      { keyBlob: certificate.blob, comment: 'ops: ops@corp until 2026-01-02T04:04:05Z' },
      { keyBlob: certificate.publicKey.blob, comment: 'ops: ops@corp', behind: 'certificates' },
    ])
  })

  it('is not listed without a certificate', async () => {
    const { key, issuer } = setUp({ listKey: true })
    const listing = codeOf(key.identities(local))
    await settle()
    issuer.fail(new Error('sealed'))
    expect(await listing).toContain('sealed')
  })
})

describe('what is public of an identity', () => {
  function setUpPublic(options: Partial<ConfiguredIdentityOptions> = {}) {
    const told: string[] = []
    const open: (() => void)[] = []
    let isSlow = false
    const world = setUp({
      publish(identity) {
        const { publicKey, certificate } = identity
        told.push(certificate === undefined ? publicKey.type : `${publicKey.type} with ${certificate.serial}`)
        return isSlow ? new Promise((resolve) => open.push(resolve)) : Promise.resolve()
      },
      ...options,
    })
    return { ...world, told, open, slowly: () => (isSlow = true) }
  }

  it('is its key from the start, and its certificate until that ends', async () => {
    const { key, issuer, clock, told } = setUpPublic({ renew: 'on-demand' })
    key.start()
    await key.whenPublic()
    expect(told).toEqual(['ssh-ed25519'])
    const listing = key.identities(local)
    await settle()
    issuer.succeed()
    await listing
    expect(told.splice(0)).toEqual(['ssh-ed25519', 'ssh-ed25519 with 1'])
    clock.advance(3_600_000 - 1)
    expect(told).toEqual([])
    clock.advance(1)
    expect(told).toEqual(['ssh-ed25519'])
  })

  it('is known before the certificate is listed', async () => {
    const { key, issuer, open, slowly, blobs } = setUpPublic()
    key.start()
    slowly()
    let listed: readonly Identity[] | undefined
    const lists = [0, 1].map(async () => (listed = await key.identities(local)))
    await settle()
    const { blob } = issuer.succeed()
    await settle()
    // One that begins now waits too: who asks may have read the file already.
    lists.push(Promise.resolve(key.identities(local)))
    await settle()
    expect([open.length, listed]).toEqual([1, undefined])
    open[0]!()
    await Promise.all(lists)
    expect(blobs(listed!)).toEqual([blob])
  })

  it('is no certificate after a logout, even if that comes while one is being published', async () => {
    const { key, issuer, told, open, slowly } = setUpPublic()
    key.start()
    slowly()
    const listing = codeOf(key.identities(local))
    await settle()
    issuer.succeed()
    await settle()
    const cleared = key.clear()
    expect(told.at(-1)).toBe('ssh-ed25519')
    for (const end of open) end()
    await cleared
    expect(await listing).toBe('CERTIFICATE_NONE')
    expect(key.status().state).toBe('none')
  })

  it.each(['list', 'start'] as const)('is no certificate once another login is noticed by a %s', async (by) => {
    const { key, issuer, told, listNew } = setUpPublic()
    const { certificate } = await listNew()
    expect(told.at(-1)).toBe('ssh-ed25519 with 1')
    issuer.stand(certificate, 'foreign')
    if (by === 'list') void codeOf(key.identities(local))
    else key.start()
    expect(told.at(-1)).toBe('ssh-ed25519')
  })

  it('does not wait for a key whose making takes seconds', async () => {
    const slowKeys = createTurns(1)
    let make = () => {}
    void slowKeys.run(() => new Promise<void>((resolve) => (make = resolve)))
    const { key, told } = setUpPublic({ keyType: 'rsa-3072', slowKeys })
    key.start()
    await key.whenPublic()
    expect(told).toEqual([])
    make()
    await expect.poll(() => told, { timeout: 30_000 }).toEqual(['ssh-rsa'])
  })

  it('waits for a key that is made in the background in no time', async () => {
    const { key, told } = setUpPublic({ keyType: 'ecdsa-p384' })
    key.start()
    await key.whenPublic()
    expect(told).toEqual(['ecdsa-sha2-nistp384'])
  })
})

describe('a key whose making takes long', () => {
  /** An identity whose RSA key waits its turn until `make` is called. */
  function setUpSlow(options: Partial<ConfiguredIdentityOptions> = {}) {
    const slowKeys = createTurns(1)
    let make = () => {}
    void slowKeys.run(() => new Promise<void>((resolve) => (make = resolve)))
    return { ...setUp({ keyType: 'rsa-3072', slowKeys, ...options }), make: () => make() }
  }

  it('keeps a list waiting, and then has a certificate', async () => {
    const { key, issuer, make, blobs } = setUpSlow()
    const listing = key.identities(local)
    await settle()
    expect(issuer.calls).toHaveLength(0)
    make()
    await expect.poll(() => issuer.calls.length, { timeout: 30_000 }).toBe(1)
    const { blob } = issuer.succeed()
    expect(blobs(await listing)).toEqual([blob])
    expect(key.status()).toMatchObject({ keyType: 'ssh-rsa' })
  })

  it('is made from the start, before anybody lists', async () => {
    const { key, make, issuer } = setUpSlow()
    key.start()
    make()
    await expect
      .poll(() => key.identities(local) instanceof Promise && issuer.calls.length, { timeout: 30_000 })
      .toBe(1)
  })

  it('is waited for no longer than a certificate, and is not the fault of its source', async () => {
    const { key, clock, source } = setUpSlow({ renew: 'always' })
    key.start()
    const listing = codeOf(key.identities(local))
    clock.advance(8_000)
    expect(await listing).toBe('CERTIFICATE_NONE')
    expect(source.isAway()).toBe(false)
  })

  it('is another one after a logout, even if it was still being made', async () => {
    const { key, make, issuer } = setUpSlow({ renew: 'always' })
    key.start()
    void key.clear()
    make()
    const listing = key.identities(local)
    await expect.poll(() => issuer.calls.length, { timeout: 30_000 }).toBe(1)
    issuer.succeed()
    expect(await listing).toHaveLength(1)
    expect(issuer.calls).toHaveLength(1)
  })
})

describe('renewing a certificate when it is listed', () => {
  it('goes on with the current certificate in the advisory window, and renews once in the background', async () => {
    const { key, issuer, clock, listNew, blobs } = setUp()
    const { certificate: first } = await listNew()
    clock.advance(untilAdvisoryMs)
    expect(blobs(await key.identities(local))).toEqual([first.blob])
    expect(blobs(await key.identities(local))).toEqual([first.blob])
    await settle()
    expect(issuer.calls).toHaveLength(2)
    const second = issuer.succeed()
    await settle()
    expect(blobs(await key.identities(local))).toEqual([second.blob])
  })

  it('keeps the key pair, so that what was saved of it stays valid', async () => {
    const { key, issuer, clock, listNew } = setUp()
    const { certificate: first } = await listNew()
    clock.advance(3_600_000)
    const { certificate: second } = await listNew()
    expect(second.publicKey).toEqual(first.publicKey)
    expect(issuer.calls).toHaveLength(2)
    expect(await key.signer(first.publicKey.blob)).toBeDefined()
  })

  it('waits only in the last minute, not in the last tenth of an hour', async () => {
    const { key, clock, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    clock.advance(untilMandatoryMs - 1)
    expect(key.status().state).toBe('advisory')
    // Not a promise: nobody waits.
    expect(blobs(key.identities(local) as readonly Identity[])).toEqual([certificate.blob])
    clock.advance(1)
    expect(key.status().state).toBe('mandatory')
    expect(key.identities(local)).toBeInstanceOf(Promise)
  })

  it('waits in the last tenth of a certificate of five minutes', async () => {
    const { key, issuer, clock } = setUp()
    const listing = key.identities(local)
    await settle()
    issuer.succeed({ validBefore: BigInt(Math.floor(clock.now() / 1000)) + 300n })
    await listing
    clock.advance(270_000 - 1)
    expect(key.status().state).toBe('advisory')
    clock.advance(1)
    expect(key.status().state).toBe('mandatory')
  })

  it('waits in the mandatory window, and falls back to the current certificate', async () => {
    const { key, issuer, clock, listNew, blobs } = setUp()
    const { certificate: first } = await listNew()
    clock.advance(untilMandatoryMs)
    const listing = key.identities(local)
    await settle()
    issuer.fail(new Error('sealed'))
    expect(blobs(await listing)).toEqual([first.blob])
    expect(key.status()).toMatchObject({ state: 'mandatory', lastError: new Error('sealed') })
  })

  it('never lists a certificate that has expired', async () => {
    const { key, issuer, clock, listNew } = setUp()
    const { certificate } = await listNew()
    clock.advance(3_600_000)
    const listing = key.identities(local)
    await settle()
    issuer.fail(new Error('unreachable'))
    expect(await codeOf(listing)).toBe('Error: unreachable')
    expect(await key.signer(certificate.blob)).toBeUndefined()
    expect(key.status()).toMatchObject({ state: 'none' })
  })

  it('waits eight seconds for a first certificate and no longer', async () => {
    const { key, clock, issuer, blobs } = setUp()
    const listing = codeOf(key.identities(local))
    await settle()
    clock.advance(8_000)
    expect(await listing).toBe('CERTIFICATE_WAIT_TIMEOUT')
    // The call goes on, and the next list has its answer.
    const { blob } = issuer.succeed()
    await settle()
    expect(blobs(await key.identities(local))).toEqual([blob])
    key.stop()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('lists what is still valid when the wait is over', async () => {
    const { key, clock, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    clock.advance(untilMandatoryMs)
    const listing = key.identities(local)
    await settle()
    clock.advance(8_000)
    expect(blobs(await listing)).toEqual([certificate.blob])
  })
})

describe('the predecessor of a certificate', () => {
  async function renewed() {
    const world = setUp()
    const { certificate: first } = await world.listNew()
    world.clock.advance(untilAdvisoryMs)
    await world.key.identities(local)
    await settle()
    const second = world.issuer.succeed()
    await settle()
    return { ...world, first, second }
  }

  it('signs for another minute for those who listed it, and is listed last for those who are bound', async () => {
    const { key, clock, first, second, blobs } = await renewed()
    expect(blobs(await key.identities(local))).toEqual([second.blob])
    const listed = await key.identities(bound)
    expect(blobs(listed)).toEqual([second.blob, first.blob])
    expect(listed.map(({ behind }) => behind)).toEqual([undefined, 'everything'])
    expect(key.identities(bound)).toBe(listed)
    const signer = await key.signer(first.blob)
    expect(verifySignature(first.publicKey, data, await signer!.sign(data, 0))).toBe(true)
    clock.advance(minuteMs - 1)
    expect(await key.signer(first.blob)).toBeDefined()
    expect(key.identities(bound)).toBe(listed)
    clock.advance(1)
    expect(blobs(await key.identities(bound))).toEqual([second.blob])
    expect(await key.signer(first.blob)).toBeUndefined()
    expect(await key.signer(second.blob)).toBeDefined()
  })

  it.each(['foreign', 'outdated'] as const)('is gone at once when it is %s', async (standing) => {
    const { key, issuer, first, second, blobs } = await renewed()
    issuer.stand(first, standing)
    expect(blobs(await key.identities(bound))).toEqual([second.blob])
    expect(await key.signer(first.blob)).toBeUndefined()
  })

  it('is gone at once when its successor is of another CA', async () => {
    const { key, issuer, clock, second, blobs } = await renewed()
    clock.advance(untilAdvisoryMs)
    await key.identities(local)
    await settle()
    const third = issuer.succeed({}, 0, [], otherCa)
    await settle()
    expect(blobs(await key.identities(bound))).toEqual([third.blob])
    expect(await key.signer(second.blob)).toBeUndefined()
  })

  it('is gone after a logout', async () => {
    const { key, first } = await renewed()
    await key.clear()
    expect(await key.signer(first.blob)).toBeUndefined()
  })

  it('does not sign past its own end', async () => {
    const { key, clock, issuer, listNew } = setUp()
    const { certificate: first } = await listNew()
    clock.advance(3_600_000 - 10_000)
    const listing = key.identities(local)
    await settle()
    issuer.succeed()
    await listing
    clock.advance(9_999)
    expect(await key.signer(first.blob)).toBeDefined()
    clock.advance(1)
    expect(await key.signer(first.blob)).toBeUndefined()
  })
})

describe('the end of a certificate', () => {
  /** A wall clock that can be set, as by NTP or a person, while time goes on. */
  function settable() {
    const base = fakeClock()
    let offMs = 0
    let looks = 0
    const clock = {
      ...base,
      now: () => base.now() + offMs,
      uptime() {
        looks += 1
        return base.uptime()
      },
    }
    return { ...setUp({ clock, renew: 'on-demand' }), base, set: (ms: number) => (offMs += ms), looks: () => looks }
  }

  /** Lists once with a CA whose clock is `skewMs` ahead: its certificate ends an hour from now, whatever ours says. */
  async function certified(world: ReturnType<typeof settable>, skewMs: number) {
    const listing = world.key.identities(local)
    await settle()
    const nowSeconds = BigInt(Math.floor((world.base.now() + skewMs) / 1000))
    const { blob } = world.issuer.succeed({ validAfter: nowSeconds - 30n, validBefore: nowSeconds + 3600n }, skewMs)
    await listing
    return blob
  }

  it.each([
    ['ten minutes slow', 10 * minuteMs],
    ['ten minutes fast', -10 * minuteMs],
    ['two hours fast', -120 * minuteMs],
  ])('is by the clock of the CA if ours is %s', async (_, skewMs) => {
    const world = settable()
    const blob = await certified(world, skewMs)
    world.base.advance(3_600_000 - 1)
    expect(world.key.signer(blob)).toBeDefined()
    world.base.advance(1)
    expect(world.key.signer(blob)).toBeUndefined()
    expect(world.key.status()).toMatchObject({ state: 'none' })
  })

  it.each([
    ['wrong', 0, -120 * minuteMs],
    ['right', -10 * minuteMs, -10 * minuteMs],
  ])('does not move when our clock is set back and is then %s', async (_, skewMs, setMs) => {
    const world = settable()
    const blob = await certified(world, skewMs)
    world.set(setMs)
    world.base.advance(3_600_000 - 1)
    expect(world.key.signer(blob)).toBeDefined()
    world.base.advance(1)
    expect(world.key.signer(blob)).toBeUndefined()
  })

  it('has come when our clock is past it, even after a pause that uptime did not count', async () => {
    const world = settable()
    const blob = await certified(world, 0)
    world.set(3_600_000)
    expect(world.key.signer(blob)).toBeUndefined()
  })

  it('costs one reading of the uptime a second, and one when the clock was set back', async () => {
    const world = settable()
    const blob = await certified(world, 0)
    const issuedLooks = world.looks()
    const looksOfUse = () => {
      void world.key.identities(local)
      void world.key.signer(blob)
      return world.looks() - issuedLooks
    }
    world.base.advance(999)
    expect(looksOfUse()).toBe(0)
    world.base.advance(1)
    expect(looksOfUse()).toBe(1)
    expect(looksOfUse()).toBe(1)
    world.set(-1)
    expect(looksOfUse()).toBe(2)
  })

  it('is given in the comment by the clock of the CA', async () => {
    const world = settable()
    await certified(world, 10 * minuteMs)
    const [identity] = await world.key.identities(local)
    expect(identity?.comment).toBe('ops: ops@corp until 2026-01-02T04:14:05Z')
  })
})

describe('a forwarded connection', () => {
  it('does not see an identity unless it is meant to be forwarded', () => {
    const { key } = setUp()
    expect([key.isShownTo(local), key.isShownTo(forwarded)]).toEqual([true, false])
    const { key: shared } = setUp({ forward: 'allow' })
    expect([shared.isShownTo(local), shared.isShownTo(forwarded)]).toEqual([true, true])
  })
})

describe('renewing a certificate ahead of time', () => {
  async function started(renew: ConfiguredIdentityOptions['renew']) {
    const world = setUp({ renew })
    world.key.start()
    const { certificate } = await (renew === 'always' ? issued(world) : world.listNew())
    return { ...world, certificate }
  }

  async function issued({ issuer }: ReturnType<typeof setUp>) {
    await settle()
    const certificate = issuer.succeed()
    await settle()
    return { certificate }
  }

  it('is done at once where somebody says so; the present one is served until its successor has come', async () => {
    const { issuer, key, blobs, certificate } = await started('on-demand')
    const renewed = key.renew()
    await settle()
    expect(blobs(await key.identities(local))).toEqual([certificate.blob])
    const second = issuer.succeed()
    await renewed
    expect(blobs(await key.identities(local))).toEqual([second.blob])
  })

  it('that somebody wants does not rest after a failure, and gives up a try that hangs', async () => {
    const { issuer, key, certificate, blobs } = await started('on-demand')
    const refused = new CodedError('VAULT_DENIED', 'not allowed')
    const failing = key.renew()
    await settle()
    issuer.fail(refused)
    await expect(failing).rejects.toBe(refused)
    const hanging = key.renew()
    hanging.catch(() => {})
    await settle()
    const renewed = key.renew()
    await settle()
    expect(issuer.calls[2]!.signal.aborted).toBe(true)
    issuer.fail(new Error('given up'))
    await expect(hanging).rejects.toThrow('given up')
    issuer.fail(refused)
    await expect(renewed).rejects.toBe(refused)
    expect(blobs(await key.identities(local))).toEqual([certificate.blob])
  })

  it('`always` begins at start and goes on by itself', async () => {
    const { clock, issuer, key, blobs } = await started('always')
    clock.advance(untilAdvisoryMs)
    await settle()
    expect(issuer.calls).toHaveLength(2)
    const second = issuer.succeed()
    await settle()
    expect(blobs(await key.identities(local))).toEqual([second.blob])
    clock.advance(untilAdvisoryMs)
    await settle()
    expect(issuer.calls).toHaveLength(3)
  })

  it('`when-used` renews what has signed', async () => {
    const { clock, issuer, key, certificate } = await started('when-used')
    const signer = await key.signer(certificate.blob)
    await signer!.sign(data, 0)
    clock.advance(untilAdvisoryMs)
    await settle()
    expect(issuer.calls).toHaveLength(2)
    // The next certificate has not signed yet.
    issuer.succeed()
    await settle()
    clock.advance(3_600_000)
    await settle()
    expect(issuer.calls).toHaveLength(2)
  })

  it('`when-used` leaves alone what was only listed', async () => {
    const { clock, issuer, key } = await started('when-used')
    await key.identities(local)
    clock.advance(3_600_000)
    await settle()
    expect(issuer.calls).toHaveLength(1)
  })

  it('`on-demand` does nothing by itself', async () => {
    const { clock, issuer, key, certificate } = await started('on-demand')
    const signer = await key.signer(certificate.blob)
    await signer!.sign(data, 0)
    clock.advance(3_600_000)
    await settle()
    expect(issuer.calls).toHaveLength(1)
  })

  it('tries again after a failure, later each time, and never in a hot loop', async () => {
    const { clock, issuer, key } = setUp({ renew: 'always' })
    key.start()
    // The upper half of 1, 2, 4 and 8 s is jitter, and a quarter of that is drawn here.
    for (const delayMs of [1_000, 1_500, 3_000, 6_000]) {
      await settle()
      const calls = issuer.calls.length
      issuer.fail(new Error('unreachable'))
      await settle()
      clock.advance(delayMs - 1)
      await settle()
      expect(issuer.calls).toHaveLength(calls)
      clock.advance(1)
      await settle()
      expect(issuer.calls).toHaveLength(calls + 1)
    }
  })

  it('counts from the time that is left when the certificate arrives, however far back it is dated', async () => {
    const { clock, issuer, key } = setUp({ renew: 'always' })
    key.start()
    await settle()
    const nowSeconds = BigInt(clock.now() / 1000)
    issuer.succeed({ validAfter: nowSeconds - 36_000n, validBefore: nowSeconds + 300n })
    await settle()
    expect(key.status().state).toBe('fresh')
    clock.advance(0.7 * 300_000 - 1)
    await settle()
    expect(issuer.calls).toHaveLength(1)
    clock.advance(1)
    await settle()
    expect(issuer.calls).toHaveLength(2)
  })

  it('does not loop when certificates arrive with hardly any time left, as with a clock that is ahead', async () => {
    const { clock, issuer, key } = setUp({ renew: 'always' })
    key.start()
    await settle()
    for (let calls = 1; calls <= 3; calls += 1) {
      issuer.succeed({ validBefore: BigInt(Math.floor(clock.now() / 1000)) + 1n })
      await settle()
      clock.advance(999)
      await settle()
      expect(issuer.calls).toHaveLength(calls)
      clock.advance(1)
      await settle()
      expect(issuer.calls).toHaveLength(calls + 1)
    }
  })

  it('of `when-used` ends when the certificate has expired', async () => {
    const { clock, issuer, key, certificate } = await started('when-used')
    const signer = await key.signer(certificate.blob)
    await signer!.sign(data, 0)
    clock.advance(untilAdvisoryMs)
    await settle()
    clock.advance(3_600_000)
    issuer.fail(new Error('unreachable'))
    await settle()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is not due at the same time everywhere', async () => {
    const dueMs = async (random: number) => {
      const { clock, issuer, key } = setUp({ renew: 'always', random: () => random })
      key.start()
      await settle()
      issuer.succeed()
      await settle()
      let waitedMs = 0
      while (issuer.calls.length === 1) {
        clock.advance(10_000)
        waitedMs += 10_000
        await settle()
      }
      return waitedMs
    }
    // A little less than 40 %, and 20 %, of the hour before its end.
    expect(await dueMs(0.99)).toBe(2_170_000)
    expect(await dueMs(0)).toBe(2_880_000)
  })

  it.each([
    ['in suspend', (clock: FakeClock) => clock.suspend(8 * 3_600_000)],
    ['as a paused machine, whose uptime does not count it', (clock: FakeClock) => clock.setWallClock(8 * 3_600_000)],
  ])('`always` has a new certificate within a minute and a half after a night %s', async (_, sleep) => {
    const { clock, issuer, key } = await started('always')
    clock.advance(10 * minuteMs)
    sleep(clock)
    expect(key.status().state).toBe('none')
    clock.advance(minuteMs)
    // After a sleep it is spread: others wake at the same time.
    clock.advance(0.5 * minuteMs)
    await settle()
    expect(issuer.calls).toHaveLength(2)
    issuer.succeed()
    await settle()
    expect(key.status().state).toBe('fresh')
  })

  it('`always` renews before the end by uptime, if the clock was set back by a day', async () => {
    const { clock, issuer, key } = await started('always')
    clock.advance(minuteMs)
    clock.setWallClock(-24 * 3_600_000)
    clock.advance(untilAdvisoryMs - minuteMs)
    await settle()
    expect(issuer.calls).toHaveLength(2)
    expect(key.status().state).toBe('advisory')
  })

  it('ends with stop, which also gives up a call in flight', async () => {
    const { clock, issuer, key } = setUp({ renew: 'always' })
    key.start()
    await settle()
    key.stop()
    expect(issuer.calls[0]?.signal.aborted).toBe(true)
    issuer.fail(new Error('aborted'))
    await settle()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('still lists what is held after stop', async () => {
    const { clock, key, certificate, blobs } = await started('always')
    key.stop()
    expect(clock.pendingTimers()).toBe(0)
    expect(blobs(await key.identities(local))).toEqual([certificate.blob])
  })
})

describe('clearing an identity', () => {
  it('reports that its private key was let go when it is cleared, and only then', async () => {
    let released = 0
    const { key, listNew, clock } = setUp({
      onKeysReleased: () => {
        released += 1
      },
    })
    void key.clear()
    await listNew()
    clock.advance(3_600_000)
    await listNew()
    expect(released).toBe(0)
    void key.clear()
    expect(released).toBe(1)
  })

  it('drops certificate and key; the next list makes new ones', async () => {
    const { key, listNew } = setUp()
    const { certificate: first } = await listNew()
    void key.clear()
    expect(key.status()).toEqual({ state: 'none', keyType: 'ssh-ed25519' })
    expect(await key.signer(first.blob)).toBeUndefined()
    expect(await key.signer(first.publicKey.blob)).toBeUndefined()
    const { certificate: second } = await listNew()
    expect(second.publicKey).not.toEqual(first.publicKey)
  })

  it('drops the predecessor too, which could sign for another minute', async () => {
    const { key, clock, issuer, listNew } = setUp()
    const { certificate: first } = await listNew()
    clock.advance(untilAdvisoryMs)
    await key.identities(local)
    await settle()
    issuer.succeed()
    await settle()
    expect(key.signer(first.blob)).toBeDefined()
    void key.clear()
    expect(key.signer(first.blob)).toBeUndefined()
  })

  it('forgets a call in flight, even one that does not listen to its signal', async () => {
    const { key, issuer } = setUp({ renew: 'always' })
    key.start()
    await settle()
    const listing = codeOf(key.identities(local))
    void key.clear()
    issuer.succeed()
    await settle()
    expect(await listing).toBe('CERTIFICATE_NONE')
    expect(key.status().state).toBe('none')
    expect(issuer.calls).toHaveLength(1)
  })

  it('waits for a list or a start before anything is issued again', async () => {
    const { key, issuer, clock } = setUp({ renew: 'always' })
    key.start()
    await settle()
    issuer.succeed()
    await settle()
    void key.clear()
    clock.advance(3_600_000)
    await settle()
    expect(issuer.calls).toHaveLength(1)
    key.start()
    await settle()
    expect(issuer.calls).toHaveLength(2)
  })
})

describe('the status and the log of an identity', () => {
  it('has the issuer’s warnings, as long as the certificate is held', async () => {
    const { key, issuer } = setUp({ renew: 'always' })
    key.start()
    await settle()
    issuer.succeed({}, 0, ['it is also for "root"'])
    await settle()
    expect(key.status()).toMatchObject({ state: 'fresh', warnings: ['it is also for "root"'] })
    void key.clear()
    expect(key.status()).toEqual({ state: 'none', keyType: 'ssh-ed25519' })
  })

  it('report its state', async () => {
    const { key, clock, listNew } = setUp()
    const { certificate } = await listNew()
    expect(key.status()).toEqual({
      state: 'fresh',
      keyType: 'ssh-ed25519',
      certificate: decodeCertificate(certificate.blob),
    })
    clock.advance(untilAdvisoryMs)
    expect(key.status().state).toBe('advisory')
    clock.advance(untilMandatoryMs - untilAdvisoryMs)
    expect(key.status().state).toBe('mandatory')
    clock.advance(minuteMs)
    expect(key.status().state).toBe('none')
    expect(key.status().certificate).toBeUndefined()
  })

  it('name each certificate only once', async () => {
    const { listNew, lines } = setUp()
    await listNew()
    expect(lines).toEqual([
      'info: ssh certificate issued identity=ops keyId=jo serial=1 principals=jo until=2026-01-02T04:04:05Z\n',
    ])
  })

  it('warn of a failure once, however often it comes back', async () => {
    const { key, issuer, clock, lines } = setUp({ renew: 'always' })
    key.start()
    for (let count = 1; count <= 20; count += 1) {
      await settle()
      expect(issuer.calls).toHaveLength(count)
      issuer.fail(new Error(`sealed at ${count}`))
      await settle()
      clock.advance(60_000)
    }
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: no ssh certificate identity=ops reason="sealed at 1"\n',
    ])
    expect(lines).toHaveLength(20)
  })
})

describe('a certificate whose origin has changed', () => {
  it('is no longer served once somebody else is logged in, and neither it nor its predecessor signs', async () => {
    const { key, issuer, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    issuer.stand(certificate, 'foreign')
    expect(key.signer(certificate.blob)).toBeUndefined()
    expect(key.status()).toMatchObject({ state: 'none' })
    const listing = key.identities(local)
    await settle()
    issuer.fail(new Error('denied'))
    expect(await codeOf(listing)).toContain('denied')
    const next = await (async () => {
      key.start()
      const started = key.identities(local)
      await settle()
      const issued = issuer.succeed({ serial: 2n })
      expect(blobs(await started)).toEqual([issued.blob])
      return issued
    })()
    expect(key.signer(next.blob)).toBeDefined()
    expect(key.signer(certificate.blob)).toBeUndefined()
  })

  it('is served until it has a successor if the CA has another key, and a list waits for that', async () => {
    const { clock, key, issuer, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    issuer.stand(certificate, 'outdated')
    const listing = key.identities(local)
    await settle()
    issuer.fail(new Error('sealed'))
    expect(blobs(await listing)).toEqual([certificate.blob])
    clock.advance(5000)
    const again = key.identities(local)
    await settle()
    const successor = issuer.succeed({ serial: 2n })
    await again
    expect(blobs(await key.identities(local))).toEqual([successor.blob])
    expect(key.signer(certificate.blob)).toBeUndefined()
  })

  it('is asked of the server by a list, which waits for the answer and then for the successor', async () => {
    const { key, issuer, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    let answer = () => {}
    issuer.nextLook(new Promise((resolve) => (answer = resolve)))
    const listing = key.identities(local)
    await settle()
    expect(issuer.calls).toHaveLength(1)
    issuer.stand(certificate, 'outdated')
    answer()
    await settle()
    const successor = issuer.succeed({ serial: 2n })
    expect(blobs(await listing)).toEqual([successor.blob])
  })

  it('keeps no list waiting for a server that is away, nor where the certificate is about to end', async () => {
    const { clock, key, issuer, source, listNew, blobs } = setUp()
    const { certificate } = await listNew()
    const never = () => issuer.nextLook(new Promise<void>(() => {}))
    never()
    source.failed(new Error('silent'))
    expect(blobs(await key.identities(local))).toEqual([certificate.blob])
    source.answered()
    clock.advance(3_600_000 - 30_000)
    never()
    const listing = key.identities(local)
    await settle()
    issuer.fail(new Error('sealed'))
    expect(blobs(await listing)).toEqual([certificate.blob])
  })

  it('is noticed by a list, which waits for what this machine knows', async () => {
    const { issuer } = setUp()
    let look = () => {}
    const { key } = setUp({
      issuer: { ...issuer, look: () => new Promise<void>((resolve) => (look = resolve)) },
    })
    const listing = key.identities(local)
    await settle()
    expect(issuer.calls).toHaveLength(0)
    look()
    await settle()
    expect(issuer.calls).toHaveLength(1)
    issuer.succeed()
    expect(await listing).toHaveLength(1)
  })
})
