import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../../src/core/log.ts'
import { createIdentityFiles } from '../../../../src/daemon/names/identity-files.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { certifyForTest } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { runOk } from '../../../support/run.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const clock = fakeClock()
const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)

function setUp(folder = temporaryFolder()) {
  const logged: string[] = []
  const log = createLogger({ write: (line) => logged.push(line), level: 'debug' })
  const files = createIdentityFiles({ folder, clock, log })
  const at = (name: string) => join(folder, 'identity', name)
  const present = () => (existsSync(at('')) ? readdirSync(at('')).sort() : [])
  return { files, folder, at, present, logged }
}

describe('the files of identities', () => {
  it('are public keys and certificates for their user alone', async () => {
    const { files, at, present } = setUp()
    const publicKey = newKey()
    const certificate = certifyForTest(publicKey, clock)
    const publish = files.open('ops')
    await publish({ publicKey })
    expect(present()).toEqual(['ops.pub'])
    await publish({ publicKey, certificate })
    const line = formatPublicKeyLine(certificate.blob, 'latchkey: ops until 2026-01-02T04:04:05Z')
    expect(readFileSync(at('ops.pub'), 'utf8')).toBe(`${formatPublicKeyLine(publicKey.blob, 'latchkey: ops')}\n`)
    for (const name of ['ops-cert.pub', 'ops.pub-cert.pub']) expect(readFileSync(at(name), 'utf8')).toBe(`${line}\n`)
    for (const name of present()) expect(lstatSync(at(name)).mode & 0o777).toBe(0o600)
    await publish({ publicKey })
    expect(present()).toEqual(['ops.pub'])
    expect(files.faults()).toEqual([])
  })

  it('are written anew only where something is different', async () => {
    const { files, at } = setUp()
    const publicKey = newKey()
    const publish = files.open('ops')
    await publish({ publicKey })
    const { ino } = lstatSync(at('ops.pub'))
    await publish({ publicKey })
    expect(lstatSync(at('ops.pub')).ino).toBe(ino)
    chmodSync(at('ops.pub'), 0o644)
    await publish({ publicKey })
    expect(lstatSync(at('ops.pub')).mode & 0o777).toBe(0o600)
  })

  it('are those of the identity that has opened the name last', async () => {
    const { files, at, present } = setUp()
    const [former, key] = [newKey(), newKey()]
    const publishFormer = files.open('ops')
    await publishFormer({ publicKey: former, certificate: certifyForTest(former, clock) })
    const publish = files.open('ops')
    await files.settled()
    expect(present()).toEqual(['ops.pub'])
    await publish({ publicKey: key, certificate: certifyForTest(key, clock) })
    await publishFormer({ publicKey: former })
    expect(present()).toHaveLength(3)
    expect(readFileSync(at('ops.pub'), 'utf8')).toContain(Buffer.from(key.blob).toString('base64'))
  })

  it('go with their identity, and those of a daemon that was killed with the next start', async () => {
    const { files, folder, present } = setUp()
    const publicKey = newKey()
    for (const name of ['ops', 'gone'])
      await files.open(name)({ publicKey, certificate: certifyForTest(publicKey, clock) })
    files.keep(['ops'])
    await files.settled()
    expect(present()).toEqual(['ops-cert.pub', 'ops.pub', 'ops.pub-cert.pub'])
    const next = setUp(folder).files
    next.open('ops')
    next.keep(['ops'])
    await next.settled()
    expect(present()).toEqual(['ops.pub'])
    next.keep([])
    await next.settled()
    expect(present()).toEqual([])
  })

  it('have no certificate once they are closed, and are not written any more', async () => {
    const { files, present } = setUp()
    const publicKey = newKey()
    const publish = files.open('ops')
    const writing = publish({ publicKey, certificate: certifyForTest(publicKey, clock) })
    await files.close()
    await writing
    await publish({ publicKey, certificate: certifyForTest(publicKey, clock) })
    expect(present()).toEqual(['ops.pub'])
  })

  it('are not written under a name that is none', async () => {
    const { files, folder, present } = setUp()
    await files.open('../ops')({ publicKey: newKey() })
    await files.settled()
    expect([present(), readdirSync(folder), files.faults()]).toEqual([[], [], []])
  })

  it('are swept of what a writer that was killed has left, and of nothing else', async () => {
    const { files, at, present } = setUp()
    const publish = files.open('ops')
    await publish({ publicKey: newKey() })
    const old = new Date(clock.now() - 120_000)
    for (const name of ['.gone-cert.pub.0123456789ab', '.mine.0123456789ab', '.gone.pub.0123']) {
      writeFileSync(at(name), '')
      utimesSync(at(name), old, old)
    }
    files.keep(['ops'])
    await files.settled()
    expect(present()).toEqual(['.gone.pub.0123', '.mine.0123456789ab', 'ops.pub'])
  })
})

describe('what is not ours', () => {
  const foreign: readonly [what: string, make: (path: string) => unknown][] = [
    ['a key of somebody', (path) => writeFileSync(path, `${formatPublicKeyLine(newKey().blob, 'jo')}\n`)],
    ['another text', (path) => writeFileSync(path, 'latchkey: no key\n')],
    ['a large file', (path) => writeFileSync(path, Buffer.alloc(600 * 1024, 'ssh-ed25519 '))],
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path)],
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => runOk('mkfifo', [path])],
  ]

  it.each(foreign)('stays, and is in the way of no other file: %s', async (_, make) => {
    const { files, at, present, logged } = setUp()
    mkdirSync(at(''), { recursive: true, mode: 0o700 })
    await make(at('ops.pub'))
    await make(at('gone.pub'))
    const before = lstatSync(at('ops.pub'))
    const publicKey = newKey()
    const identity = { publicKey, certificate: certifyForTest(publicKey, clock) }
    const publish = files.open('ops')
    for (let round = 0; round < 2; round += 1) {
      await publish(identity)
      await files.open('other')(identity)
      files.keep(['ops', 'other'])
      await files.settled()
      expect(files.faults()).toEqual([`${at('ops.pub')} is in the way: latchkey has not made it`])
      expect(logged.filter((line) => line.includes('in the way'))).toHaveLength(1)
    }
    expect(present()).toEqual(['gone.pub', 'ops.pub', 'other-cert.pub', 'other.pub', 'other.pub-cert.pub'])
    const { ino, mtimeMs } = lstatSync(at('ops.pub'))
    expect([ino, mtimeMs]).toEqual([before.ino, before.mtimeMs])
    await files.close()
    expect(present()).toEqual(['gone.pub', 'ops.pub', 'other.pub'])
  })

  it('is no fault any more when it is gone', async () => {
    const { files, at } = setUp()
    mkdirSync(at('ops.pub'), { recursive: true, mode: 0o700 })
    const publish = files.open('ops')
    await publish({ publicKey: newKey() })
    expect(files.faults()).toHaveLength(1)
    await runOk('rmdir', [at('ops.pub')])
    await publish({ publicKey: newKey() })
    expect(files.faults()).toEqual([])
  })
})

describe('a folder that cannot be used', () => {
  const inTheWay = 'is in the way: it is not a folder of yours'
  it.each<[what: string, make: (path: string) => void, fault: string]>([
    ['a file', (path) => writeFileSync(path, ''), inTheWay],
    ['a link to a folder', (path) => symlinkSync('/tmp', path), inTheWay],
    [
      'a folder that others can write',
      (path) => {
        mkdirSync(path)
        chmodSync(path, 0o777)
      },
      'can be changed by other users (mode 777)',
    ],
  ])('is a warning, and nothing is written or removed: %s', async (_, make, fault) => {
    const { files, folder, at, logged } = setUp()
    make(join(folder, 'identity'))
    const publicKey = newKey()
    for (const name of ['ops', 'other']) await files.open(name)({ publicKey })
    files.keep(['ops', 'other'])
    await files.close()
    expect(files.faults()).toEqual([`${join(folder, 'identity')} ${fault}`])
    expect(logged).toHaveLength(1)
    expect(existsSync(at('ops.pub'))).toBe(false)
  })

  it('is a warning where the system refuses, once for all identities', async () => {
    // Root may write everywhere but here.
    const { files, logged } = setUp('/proc/self')
    for (const name of ['ops', 'other']) await files.open(name)({ publicKey: newKey() })
    expect(files.faults()).toEqual([expect.stringMatching(/^\/proc\/self\/identity cannot be written: E[A-Z]+$/)])
    expect(logged).toHaveLength(1)
  })
})
