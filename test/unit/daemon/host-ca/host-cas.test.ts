import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { HostCaConfig } from '../../../../src/daemon/config/config.ts'
import { createHostCas } from '../../../../src/daemon/host-ca/host-cas.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import type { CaKeys, WantedCaKeys } from '../../../../src/vault/ssh/ca-keys.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recordingLog } from '../../../support/vault-world.ts'

const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const away = new VaultError('VAULT_UNREACHABLE', 'vault corp: away')
const corp: HostCaConfig = {
  name: 'corp',
  vault: 'corp',
  mount: 'ssh-host',
  hosts: ['*.example', '!old.example'],
  issuers: [],
  role: undefined,
}
const lineOf = (key: PublicKey, hosts = '*.example,!old.example', name = 'corp') =>
  `@cert-authority ${hosts} ${formatPublicKeyLine(key.blob, '')} latchkey: ${name}`

/** A vault that answers as `answer` says, as soon as it is asked. */
function vaultWith(answer: { now: CaKeys | Error | Promise<CaKeys> }, settings: object = {}) {
  const asked: (WantedCaKeys & { mount: string })[] = []
  const vault = {
    config: { name: 'corp', address: 'https://vault.example', ...settings },
    async readCaKeys(mount: string, wanted: WantedCaKeys) {
      asked.push({ mount, ...wanted })
      if (answer.now instanceof Error) throw answer.now
      return await answer.now
    },
  } as unknown as RunningVault
  return { vault, asked }
}
function answerLater() {
  let resolve: (keys: CaKeys) => void = () => {}
  const promise = new Promise<CaKeys>((done) => {
    resolve = done
  })
  return { promise, resolve: (keys: CaKeys) => resolve(keys) }
}
const having = (...keys: PublicKey[]): CaKeys => ({ keys, issuers: [], missing: [] })

function world(folder = temporaryFolder()) {
  const clock = fakeClock()
  const { log, lines: logged } = recordingLog()
  const cas = createHostCas({
    runtimeFolder: join(folder, 'run'),
    hostCasFile: join(folder, 'state', 'ssh-host-cas.json'),
    clock,
    random: () => 0.5,
    log,
  })
  onTestFinished(cas.stop)
  const file = join(folder, 'run', 'known_hosts')
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  return { folder, clock, cas, file, lines, logged }
}

describe('the CAs of hosts', () => {
  it('have their lines in one file as soon as their servers have answered, which nobody waits for', async () => {
    const { cas, lines, file } = world()
    const [one, two] = [newKey(), newKey()]
    const answers = answerLater()
    const { vault } = vaultWith({ now: answers.promise })
    await cas.use([corp, { ...corp, name: 'lab', hosts: ['*.lab'] }], [vault])
    expect(lines()).toEqual([])
    answers.resolve(having(one, two))
    await cas.look()
    expect(lines()).toEqual([lineOf(one), lineOf(two), lineOf(one, '*.lab', 'lab'), lineOf(two, '*.lab', 'lab')])
    expect(cas.file()).toBe(file)
    expect(cas.all().flatMap(cas.linesOf)).toEqual(lines())
    expect(cas.faults()).toEqual([])
  })

  it('are looked at again every ten minutes, and a new key is told once', async () => {
    const { cas, lines, clock, logged } = world()
    const [one, two] = [newKey(), newKey()]
    const answer = { now: having(one) }
    const { vault, asked } = vaultWith(answer)
    await cas.use([corp], [vault])
    await cas.look()
    answer.now = { ...having(two), issuers: ['id-2'] }
    clock.advance(599_000)
    expect(asked).toHaveLength(1)
    clock.advance(2_000)
    await vi.waitFor(() => expect(lines()).toEqual([lineOf(two)]))
    clock.advance(601_000)
    await vi.waitFor(() => expect(asked).toHaveLength(3))
    await cas.look()
    expect(asked[2]).toEqual({ mount: 'ssh-host', named: [], known: ['id-2'] })
    expect(logged.filter((line) => line.includes('a host CA is known'))).toHaveLength(2)
  })

  it('are not those of a section that is gone when its server answers', async () => {
    const { cas, file, logged } = world()
    const answers = answerLater()
    const { vault } = vaultWith({ now: answers.promise })
    await cas.use([corp], [vault])
    await cas.use([], [])
    answers.resolve(having(newKey()))
    await answers.promise
    await cas.look()
    expect(existsSync(file)).toBe(false)
    expect(logged.filter((line) => line.includes('a host CA is known'))).toEqual([])
  })

  it('stay while a server is away, which is tried again, logged once and among the faults', async () => {
    const { cas, lines, clock, logged } = world()
    const one = newKey()
    const answer: { now: CaKeys | Error } = { now: having(one) }
    const { vault, asked } = vaultWith(answer)
    await cas.use([corp], [vault])
    await cas.look()
    answer.now = away
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60_000)
      await cas.look()
    }
    expect(asked.length).toBeGreaterThan(10)
    expect(lines()).toEqual([lineOf(one)])
    expect(cas.faults()).toEqual(['host CA corp: vault corp: away'])
    expect(logged.filter((line) => line.includes('cannot be read'))).toHaveLength(1)
    answer.now = having(one)
    clock.advance(60_000)
    await vi.waitFor(() => expect(cas.faults()).toEqual([]))
  })

  it('go where their server says that they are gone', async () => {
    const { cas, lines, clock } = world()
    const answer = { now: having(newKey()) }
    const { vault } = vaultWith(answer)
    await cas.use([corp], [vault])
    await cas.look()
    answer.now = { ...having(), missing: [new VaultError('VAULT_CA_MISSING', 'vault corp: it has no SSH CA')] }
    clock.advance(2_000)
    await cas.look()
    expect(lines()).toEqual([])
    expect(cas.faults()).toEqual(['host CA corp: vault corp: it has no SSH CA'])
  })

  it('are known at the next start before their server answers, and to that server and mount alone', async () => {
    const first = world()
    const one = newKey()
    await first.cas.use([corp], [vaultWith({ now: having(one) }).vault])
    await first.cas.look()
    first.cas.stop()
    for (const [config, settings, expected] of [
      [{ ...corp, hosts: ['*.new'] }, {}, [lineOf(one, '*.new')]],
      [{ ...corp, mount: 'other' }, {}, []],
      [{ ...corp, issuers: ['second'] }, {}, []],
      [corp, { address: 'https://elsewhere' }, []],
      [corp, { namespace: 'team' }, []],
    ] as const) {
      const folder = temporaryFolder()
      const next = world(folder)
      await next.cas.use([], [])
      const state = join(first.folder, 'state', 'ssh-host-cas.json')
      const again = createHostCas({
        runtimeFolder: join(folder, 'run'),
        hostCasFile: join(folder, 'ssh-host-cas.json'),
        clock: fakeClock(),
        random: () => 0.5,
        log: recordingLog().log,
      })
      writeFileSync(join(folder, 'ssh-host-cas.json'), readFileSync(state), { mode: 0o600 })
      await again.use([config], [vaultWith({ now: away }, settings).vault])
      again.stop()
      expect(next.lines(), JSON.stringify([config, settings])).toEqual(expected)
    }
  })

  it('go with their sections, and what comes back for those counts no more', async () => {
    const { cas, lines, file } = world()
    const [one, two] = [newKey(), newKey()]
    const late = answerLater()
    const slow = vaultWith({ now: late.promise })
    await cas.use([corp], [slow.vault])
    const quick = vaultWith({ now: having(two) }, { address: 'https://other' })
    await cas.use([corp], [quick.vault])
    await cas.look()
    late.resolve(having(one))
    await cas.look()
    expect(lines()).toEqual([lineOf(two)])
    await cas.use([], [])
    expect([existsSync(file), cas.file()]).toEqual([false, undefined])
    await cas.look()
  })

  it('a section that has not changed goes on, and is not asked again', async () => {
    const { cas } = world()
    const { vault, asked } = vaultWith({ now: having(newKey()) })
    await cas.use([corp], [vault])
    await cas.look()
    await cas.use([{ ...corp }], [vault])
    expect(asked).toHaveLength(1)
  })

  it('are not waited for longer than five seconds', async () => {
    const { cas, clock } = world()
    const { vault } = vaultWith({ now: new Promise<CaKeys>(() => {}) })
    await cas.use([corp], [vault])
    const look = cas.look()
    clock.advance(5_000)
    await look
  })

  it('say what is in the way of their file, until it is not', async () => {
    const { cas, file, lines } = world()
    const one = newKey()
    await cas.use([], [])
    const { vault } = vaultWith({ now: having(one) })
    await cas.use([corp], [vault])
    await cas.look()
    writeFileSync(file, 'theirs\n')
    await cas.use([{ ...corp, hosts: ['b'] }], [vault])
    expect(cas.fileFaults()).toEqual([`${file} is in the way: latchkey has not written it`])
    expect(readFileSync(file, 'utf8')).toBe('theirs\n')
    writeFileSync(file, '# latchkey: \n')
    await cas.look()
    expect(cas.faults()).toEqual([])
    expect(lines()).toEqual([lineOf(one, 'b')])
  })
})
