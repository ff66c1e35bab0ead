import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { signData } from '../../src/ssh/signature.ts'
import { certifyForTest } from '../support/agent-issuer.ts'
import { bindContents, empty, extension, number, readIdentities, reply } from '../support/agent-messages.ts'
import { connectRaw } from '../support/agent-subject.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const makeKey = () => generateKeyPairSync('ed25519').privateKey
const blobOf = (key: KeyObject) => publicKeyFromKeyObject(key).blob

describeWithPeers('an agent that lists per destination', ['sshd', 'ssh', 'ssh-keygen'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
    await world.writeRole('ops')
    await world.writeRole('other', { allowed_users: 'nobody', default_user: 'nobody' })
  })
  afterAll(async () => await world?.close())

  /** The server under a name that known_hosts has, which `ops` is for. */
  const knownLine = () => `db.example ${readFileSync(`${world.strictSshd.hostKeyFile}.pub`, 'utf8')}`
  const start = async (knownHosts: readonly string[], otherHosts = ['web.example']) => {
    const other = `hosts = ${JSON.stringify(otherHosts)}`
    const toml = world.toml({ other, ops: 'hosts = ["*.example"]' })
    return await world.startDaemon(`${toml}[ssh]\nknown_hosts = ${JSON.stringify(knownHosts)}\n`)
  }
  /** At the first try, so that the name has been found. */
  const logsIn = async (daemon: BuiltDaemon) => {
    const options = [...world.strictSshd.clientOptions, '-o', 'HostKeyAlias=db.example']
    expect(await daemon.run('ssh', [...options, `${world.userName}@127.0.0.1`, 'echo in'])).toMatchObject({
      status: 0,
      stdout: 'in\n',
    })
  }

  const million = 1_000_000
  it.each<[what: string, write: (path: string) => unknown]>([
    [
      'has a line of 10 MB before the one that counts',
      (path) => writeFileSync(path, `${'x'.repeat(10_000_000)}\n${knownLine()}`),
    ],
    [
      'has a million lines before it',
      (path) => writeFileSync(path, `${'h ssh-rsa AAAA\n'.repeat(million)}${knownLine()}`),
    ],
    [
      'has bytes at random before it',
      (path) => writeFileSync(path, Buffer.concat([randomBytes(million), Buffer.from(`\n${knownLine()}`)])),
    ],
  ])('finds a name in known_hosts that %s', async (_, write) => {
    const file = join(temporaryFolder(), 'known-hosts')
    write(file)
    await logsIn(await start([file]))
  })

  it.each<[what: string, write: (path: string) => unknown]>([
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['larger than 16 MiB', (path) => writeFileSync(path, `${'h ssh-rsa AAAA\n'.repeat(2 * million)}`)],
    [
      'the line that counts, as a part of one of 10 MB',
      (path) => writeFileSync(path, `${'x'.repeat(10_000_000)} ${knownLine()}`),
    ],
  ])('finds it in the next file where one is %s', async (_, write) => {
    const folder = temporaryFolder()
    const [bad, good] = [join(folder, 'bad'), join(folder, 'good')]
    write(bad)
    writeFileSync(good, knownLine())
    await logsIn(await start([bad, good]))
  })

  it('answers hostile binds with failure, or as from an unknown host, and others go on', async () => {
    // A pattern that would be tried in ways without end, and a name that almost fits it.
    const [endless, name] = [`${'*a'.repeat(60)}b`, 'a'.repeat(250)]
    const [host, anyCa, endlessCa, foreignCa] = [makeKey(), makeKey(), makeKey(), makeKey()]
    const file = join(temporaryFolder(), 'known-hosts')
    const caLine = (pattern: string, key: KeyObject) =>
      `@cert-authority ${pattern} ${formatPublicKeyLine(blobOf(key), '')}\n`
    writeFileSync(file, [knownLine(), caLine('*', anyCa), caLine(endless, endlessCa)].join(''))
    const daemon = await start([file], [endless])
    const bindWith = async (hostKeyBlob: Uint8Array, signer = host) => {
      const client = await connectRaw(daemon.sockets.agent)
      onTestFinished(client.close)
      const sessionId = randomBytes(32)
      const signature = signData(signer, 'ssh-ed25519', sessionId)
      const contents = bindContents({ hostKeyBlob, sessionId, signature, isForwarding: false })
      const [answer] = (await client.ask(extension('session-bind@openssh.com', contents)))!
      const listed = readIdentities((await client.ask(empty(number.list)))!)
      return [answer, listed.map(({ comment }) => comment.split(':')[0])]
    }
    const certified = (principals: readonly string[], by: KeyObject) =>
      certifyForTest(publicKeyFromKeyObject(host), fakeClock(Date.now()), { certificateType: 'host', principals }, by)
        .blob
    const isUnknown = [reply.success, ['other', 'ops']]

    // As on another machine, where nothing is shown.
    expect(await bindWith(blobOf(host), makeKey())).toEqual([reply.extensionFailure, []])
    expect(await bindWith(randomBytes(200_000))).toEqual([reply.extensionFailure, []])
    expect(await bindWith(certified([name], anyCa))).toEqual([reply.success, []])
    expect(await bindWith(certified([name], endlessCa))).toEqual(isUnknown)
    expect(await bindWith(certified(Array(200).fill(endless), anyCa))).toEqual(isUnknown)
    expect(await bindWith(certified(Array(1_000).fill('db.example'), anyCa))).toEqual(isUnknown)
    expect(await bindWith(certified(['db.example'], foreignCa))).toEqual(isUnknown)
    expect(await bindWith(certified(['db.example'], anyCa))).toEqual([reply.success, ['ops']])
    await logsIn(daemon)
    expect((await daemon.run(latchkeyPath, ['status'])).status).toBe(0)
  })
})
