import { generateKeyPairSync } from 'node:crypto'
import { createCertificateSource } from '../../src/agent/identities/certificate-source.ts'
import { createConfiguredIdentity } from '../../src/agent/identities/configured-identity.ts'
import { createTurns } from '../../src/core/calls/turns.ts'
import { silentLogger } from '../../src/core/log.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import { watchVault } from '../../src/daemon/watched-vault.ts'
import type { SshCertificate } from '../../src/ssh/certificate.ts'
import type { CertificateIssuer } from '../../src/ssh/certificate-issuer.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { createCircuit, inBackground } from '../../src/vault/circuit.ts'
import type { VaultClient } from '../../src/vault/client.ts'
import { issueFailure } from '../../src/vault/ssh/issue-failure.ts'
import { VaultError } from '../../src/vault/vault-error.ts'
import { settle } from './agent-issuer.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** A clock for many thousand timers, which it rounds up to seconds. */
export function secondsClock() {
  const startMs = Date.UTC(2026, 0, 5, 8)
  let elapsedMs = 0
  const timers = new Map<number, { run: () => void }[]>()
  const clock: Clock = {
    now: () => startMs + elapsedMs,
    uptime: () => elapsedMs,
    // It neither sleeps nor jumps.
    reliableMs: Number.POSITIVE_INFINITY,
    after(delayMs, run) {
      const second = Math.ceil((elapsedMs + Math.max(0, delayMs)) / 1000)
      const timer = { run }
      const due = timers.get(second)
      if (due === undefined) timers.set(second, [timer])
      else due.push(timer)
      return () => {
        timer.run = () => {}
      }
    },
  }
  return {
    clock,
    /** Runs what falls due until then. */
    async runUntil(endMs: number) {
      for (let second = elapsedMs / 1000; second * 1000 <= endMs; second += 1) {
        elapsedMs = second * 1000
        for (let due = timers.get(second); due !== undefined; due = timers.get(second)) {
          timers.delete(second)
          for (const { run } of due) run()
          await settle()
        }
      }
    },
  }
}

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a fleet is told. */
export interface FleetOptions {
  daemons: number
  hours: number
  seed: number
  /** When the server is away, in ms from the start. */
  outage?: { fromMs: number; toMs: number }
}

/** What the server has seen of it. */
export interface FleetReport {
  /** How many requests came in each minute, answered or not. */
  requests: readonly number[]
  /** How many certificates came after their predecessor had ended, and how many logins found none, after a person's first. */
  late: number
}

const signatureKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)

/** Certifies for an hour. Nothing is signed: that takes the time of a test, and says nothing of when somebody asks. */
function certify(publicKey: PublicKey, clock: Clock, serial: number): SshCertificate {
  const nowSeconds = BigInt(Math.floor(clock.now() / 1000))
  return {
    blob: Buffer.concat([publicKey.blob, Buffer.from(String(serial))]),
    publicKey,
    nonce: new Uint8Array(),
    serial: BigInt(serial),
    certificateType: 'user',
    keyId: 'jo',
    principals: ['jo'],
    validAfter: nowSeconds - 30n,
    validBefore: nowSeconds + 3600n,
    criticalOptions: new Map(),
    extensions: new Map(),
    signatureKey,
    signature: new Uint8Array(),
  } as unknown as SshCertificate
}

/**
 * Daemons with one identity each, of a vault that certifies for an hour. Their people arrive within two hours, and log in
 * by ssh every now and then from then on.
 */
export async function runFleet({ daemons, hours, seed, outage }: FleetOptions): Promise<FleetReport> {
  const random = seededRandom(seed)
  const { clock, runUntil } = secondsClock()
  const requests = Array.from({ length: hours * 60 }, () => 0)
  let late = 0
  const slowKeys = createTurns(1)

  const isAway = () => outage !== undefined && clock.uptime() >= outage.fromMs && clock.uptime() < outage.toMs
  const server: VaultClient = {
    name: 'corp',
    destination: 'corp',
    close: () => {},
    async request() {
      const minute = Math.floor(clock.uptime() / minuteMs)
      requests[minute] = (requests[minute] ?? 0) + 1
      if (isAway()) throw new VaultError('VAULT_UNREACHABLE', 'vault corp cannot be reached')
      return { status: 200, data: {}, auth: undefined, warnings: [], clockSkewMs: 0 }
    },
  }

  const startDaemon = () => {
    const source = createCertificateSource({ name: 'vault corp', clock, log: silentLogger })
    const client = createCircuit({ clock, random }).guard(watchVault(server, source))
    let serial = 0
    let endMs = Number.POSITIVE_INFINITY
    const issuer: CertificateIssuer = {
      async issue(publicKey, _, isBackground = false) {
        const purpose = { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ed25519' } as const
        const by = isBackground ? inBackground(client) : client
        await by.request({ method: 'POST', path: 'ssh/sign/ops', purpose })
        serial += 1
        if (clock.now() >= endMs) late += 1
        endMs = clock.now() + hourMs
        const certificate = certify(publicKey, clock, serial)
        return { certificate, clockSkewMs: 0, warnings: [], standing: () => 'current', look: () => undefined }
      },
      look: () => undefined,
      failureOf: issueFailure,
    }
    const identity = createConfiguredIdentity({
      name: 'ops',
      comment: 'ops@corp',
      keyType: 'ed25519',
      slowKeys,
      issuer,
      source,
      clock,
      random,
      log: silentLogger,
      renew: 'always',
      forward: 'never',
      confirm: 'never',
      listKey: false,
      publish: async () => {},
    })
    let isFirst = true
    const logIn = async (): Promise<void> => {
      clock.after((10 + 40 * random()) * minuteMs, () => void logIn())
      try {
        await identity.identities({ bindings: [], isForwarded: false })
        isFirst = false
      } catch {
        if (!isFirst) late += 1
      }
    }
    identity.start()
    void logIn()
  }

  for (let count = 0; count < daemons; count += 1) clock.after(2 * hourMs * random(), startDaemon)
  await runUntil(hours * hourMs)
  return { requests, late }
}
