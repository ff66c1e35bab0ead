import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createCertificateSource } from '../../src/agent/identities/certificate-source.ts'
import { type ConfiguredIdentity, createConfiguredIdentity } from '../../src/agent/identities/configured-identity.ts'
import { createTurns } from '../../src/core/calls/turns.ts'
import { silentLogger } from '../../src/core/log.ts'
import { plainKeyOf } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { certifyForTest, testCaLine } from '../support/agent-issuer.ts'
import { movableClock, type RunningAgent, startOurAgent } from '../support/agent-subject.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const user = userInfo().username

describeWithPeers('logging in with certificates of the agent', ['ssh', 'sshd', 'ssh-add', 'ssh-keygen'], () => {
  let folder: string
  let sshd: Sshd
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = makeFolder()
    writeFileSync(at('ca.pub'), `${testCaLine}\n`)
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'added', '-f', at('added')])
    sshd = await startSshd(folder, at('ca.pub'))
  })
  afterAll(async () => {
    await sshd.stop()
    removeFolder(folder)
  })

  let agent: RunningAgent & { advance: (ms: number) => void }
  let identities: Record<'ops' | 'shared', ConfiguredIdentity>
  let issued: number
  let isCaDown: boolean

  beforeEach(async () => {
    const clock = movableClock()
    issued = 0
    isCaDown = false
    const identity = (name: string, forward: 'never' | 'allow') =>
      createConfiguredIdentity({
        name,
        comment: `${name}@corp`,
        listKey: false,
        confirm: 'never',
        publish: async () => {},
        keyType: 'ed25519',
        slowKeys: createTurns(1),
        issuer: {
          look: () => undefined,
          async issue(publicKey) {
            if (isCaDown) throw new Error('the CA is down')
            issued += 1
            const certificate = certifyForTest(publicKey, clock, {
              keyId: name,
              principals: [user],
              serial: BigInt(issued),
              // sshd has the real time, where the agent's is moved on.
              validAfter: BigInt(Math.floor(Date.now() / 1000) - 30),
              extensions: new Map([['permit-agent-forwarding', '']]),
            })
            return {
              certificate,
              clockSkewMs: 0,
              warnings: [],
              standing: () => 'current' as const,
              look: () => undefined,
            }
          },
          failureOf: () => 'passing',
        },
        source: createCertificateSource({ name: 'the CA', clock, log: silentLogger }),
        clock,
        random: () => 0.5,
        log: silentLogger,
        renew: 'when-used',
        forward,
      })
    identities = { ops: identity('ops', 'never'), shared: identity('shared', 'allow') }
    agent = await startOurAgent({ stores: Object.values(identities), clock })
  })
  afterEach(() => agent.stop())

  const env = () => ({ SSH_AUTH_SOCK: agent.socketPath })
  const ssh = (...args: string[]) =>
    run('ssh', [...sshd.clientOptions, ...args.slice(0, -1), `${user}@127.0.0.1`, args.at(-1)!], { env: env() })
  const listed = async () => (await runOk('ssh-add', ['-L'], { env: env() })).trimEnd().split('\n')
  const certificateFile = (line: string) => {
    writeFileSync(at('listed-cert.pub'), `${line}\n`)
    return at('listed-cert.pub')
  }

  it('works with plain ssh, which knows nothing of it', async () => {
    expect(await ssh('echo logged in')).toEqual({ status: 0, stdout: 'logged in\n', stderr: '' })
    expect(sshd.log()).toContain('ID ops (serial 1)')
  })

  it('lists certificates that ssh-keygen reads, one call to the CA for each', async () => {
    const lines = await listed()
    expect(lines.map((line) => line.split(' ').slice(2, 4).join(' '))).toEqual(['ops: ops@corp', 'shared: shared@corp'])
    const described = await runOk('ssh-keygen', ['-L', '-f', certificateFile(lines[0]!)])
    expect(described).toContain('Key ID: "ops"')
    expect(described).toContain(`                ${user}\n`)
    await listed()
    expect(issued).toBe(2)
  })

  it('shows and lends to another machine only what is meant to be forwarded', async () => {
    const { stdout } = await ssh('-A', 'ssh-add -L')
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(' ')[2])).toEqual(['shared:'])
    // A login from there with the forwarded agent, by the next ssh in the chain.
    const onward = `ssh ${sshd.clientOptions.join(' ')} ${user}@127.0.0.1 echo onward`
    expect((await ssh('-A', onward)).stdout).toBe('onward\n')
  })

  it('lets another machine sign with added keys, with identities log in alone, and change nothing', async () => {
    await runOk('ssh-add', ['-q', at('added')], { env: env() })
    // Away from its private key, which ssh-keygen would take from the file beside it.
    writeFileSync(at('away.pub'), readFileSync(at('added.pub')))
    writeFileSync(at('away.txt'), 'a file\n')
    const signFile = ['ssh-keygen', '-q', '-Y', 'sign', '-n', 'file', '-f', at('away.pub'), at('away.txt')]
    expect((await ssh('-A', signFile.join(' '))).status).toBe(0)
    writeFileSync(at('shared-cert.pub'), (await listed()).find((line) => line.includes('shared:'))!)
    const byIdentity = signFile.map((word) => (word === at('away.pub') ? at('shared-cert.pub') : word))
    expect((await ssh('-A', byIdentity.join(' '))).status).not.toBe(0)
    await runOk('ssh-keygen', byIdentity.slice(1), { env: env() })
    expect((await ssh('-A', `ssh-add -D`)).status).not.toBe(0)
    expect((await ssh('-A', `ssh-add ${at('added')}`)).status).not.toBe(0)
    expect(await listed()).toHaveLength(3)
    const { stdout } = await ssh('-A', 'ssh-add -l')
    expect(stdout).toContain('added')
  })

  it('is renewed in place: one certificate each, and the saved one still signs', async () => {
    const [first] = await listed()
    const saved = certificateFile(first!)
    agent.advance(3_000_000)
    await listed()
    const lines = await listed()
    expect(lines).toHaveLength(2)
    expect(lines[0]).not.toBe(first)
    await runOk('ssh-add', ['-T', saved], { env: env() })
    agent.advance(61_000)
    expect((await run('ssh-add', ['-T', saved], { env: env() })).status).toBe(1)
    expect((await ssh('true')).status).toBe(0)
  })

  it('goes on while the CA is down, until the certificate has expired, and then leaves it out', async () => {
    await runOk('ssh-add', ['-q', at('added')], { env: env() })
    await listed()
    isCaDown = true
    agent.advance(3_590_000)
    expect(await listed()).toHaveLength(3)
    expect((await ssh('true')).status).toBe(0)
    agent.advance(10_001)
    expect(await listed()).toEqual([readFileSync(at('added.pub'), 'utf8').trimEnd()])
    expect((await ssh('true')).status).toBe(255)
  })

  it('signs files for those who name the certificate, and for those who name its bare key', async () => {
    const [line] = await listed()
    const certificate = certificateFile(line!)
    writeFileSync(at('bare.pub'), formatPublicKeyLine(plainKeyOf(parsePublicKeyLine(line!).blob).blob, 'bare'))
    writeFileSync(
      at('allowed'),
      `${user} cert-authority ${testCaLine}\n${user} ${readFileSync(at('bare.pub'), 'utf8')}\n`,
    )
    for (const key of [certificate, at('bare.pub')]) {
      const file = at('file.txt')
      writeFileSync(file, 'a file\n')
      rmSync(`${file}.sig`, { force: true })
      await runOk('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', key, file], { env: env() })
      const verify = ['-Y', 'verify', '-n', 'file', '-I', user, '-f', at('allowed'), '-s', `${file}.sig`]
      await runOk('ssh-keygen', verify, { input: 'a file\n' })
    }
  })

  it('is not ended by ssh-add -D, which takes out what ssh-add has put in', async () => {
    await runOk('ssh-add', ['-q', at('added')], { env: env() })
    expect(await listed()).toHaveLength(3)
    expect((await run('ssh-add', ['-D'], { env: env() })).status).toBe(0)
    expect(await listed()).toHaveLength(2)
    expect((await ssh('true')).status).toBe(0)
    const refused = await run('ssh-add', ['-d', certificateFile((await listed())[0]!)], { env: env() })
    expect(refused.status).toBe(1)
  })

  it('works with further keys next to the configured ones', async () => {
    await runOk('ssh-add', ['-q', at('added')], { env: env() })
    expect((await ssh('echo still')).stdout).toBe('still\n')
  })
})
