import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAgent, type ParsedKey } from 'ssh2'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { decodeCertificate, isSignatureValid } from '../../src/ssh/certificate.ts'
import { decodePublicKey } from '../../src/ssh/public-key.ts'
import { parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { verifySignature } from '../../src/ssh/signature.ts'
import { SshWriter } from '../../src/ssh/wire.ts'
import { agentSubjects, type RunningAgent } from '../support/agent-subject.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type Finished, run, runOk } from '../support/run.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const types = {
  ed25519: ['ed25519'],
  ecdsa256: ['ecdsa', '256'],
  ecdsa384: ['ecdsa', '384'],
  ecdsa521: ['ecdsa', '521'],
  rsa2048: ['rsa', '2048'],
} as const
const names = Object.keys(types) as (keyof typeof types)[]

let folder: string
const at = (name: string) => join(folder, name)
const text = (name: string) => readFileSync(at(name), 'utf8').trimEnd()

beforeAll(async () => {
  folder = makeFolder()
  const make = (name: string, [type, bits]: readonly [string, string?]) =>
    runOk('ssh-keygen', [
      '-q',
      '-t',
      type,
      ...(bits === undefined ? [] : ['-b', bits]),
      '-N',
      '',
      '-C',
      name,
      '-f',
      at(name),
    ])
  await make('ca', ['ed25519'])
  for (const name of names) {
    await make(name, types[name])
    await make(`${name}-certified`, types[name])
    await runOk('ssh-keygen', ['-q', '-s', at('ca'), '-I', name, '-n', 'jo', '-V', '+1h', at(`${name}-certified.pub`)])
  }
})
afterAll(() => removeFolder(folder))

for (const subject of agentSubjects) {
  describeWithPeers(`OpenSSH’s programs with ${subject.name}`, ['ssh-add', 'ssh-keygen'], () => {
    let agent: RunningAgent
    let env: Record<string, string>

    beforeEach(async () => {
      agent = await subject.start()
      env = { SSH_AUTH_SOCK: agent.socketPath }
    })
    afterEach(() => agent.stop())

    const add = (...args: string[]): Promise<Finished> => run('ssh-add', args, { env })
    const addOk = (...args: string[]) => runOk('ssh-add', args, { env })
    const listed = async () => (await add('-L')).stdout.trimEnd().split('\n')

    /** Answers ssh-add's question for a passphrase. */
    function withPassphrase(passphrase: string): Record<string, string> {
      const script = at(`answer-${passphrase}.sh`)
      writeFileSync(script, `#!/bin/sh\necho '${passphrase}'\n`)
      chmodSync(script, 0o700)
      return { ...env, SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'none' }
    }

    it('says that there is nothing', async () => {
      expect(await add('-l')).toEqual({ status: 1, stdout: 'The agent has no identities.\n', stderr: '' })
    })

    it.each(names)('adds a key, lists it and proves that it works: %s', async (name) => {
      await addOk(at(name))
      expect(await listed()).toEqual([text(`${name}.pub`)])
      const fingerprint = await runOk('ssh-keygen', ['-l', '-f', at(`${name}.pub`)])
      expect(await addOk('-l')).toBe(fingerprint)
      await addOk('-T', at(`${name}.pub`))
    })

    it.each(names)('adds a certificate with its key, lists both and proves that they work: %s', async (name) => {
      const file = at(`${name}-certified`)
      await addOk(file)
      const certificateFile = `${file}-cert.pub`
      expect(await listed()).toEqual([text(`${name}-certified.pub`), readFileSync(certificateFile, 'utf8').trimEnd()])
      await addOk('-T', certificateFile)
    })

    it('takes out one key and leaves the others', async () => {
      for (const name of names) await addOk(at(name))
      await addOk('-d', at('ecdsa384'))
      expect(await listed()).toEqual(names.filter((name) => name !== 'ecdsa384').map((name) => text(`${name}.pub`)))
      expect((await add('-d', at('ecdsa384'))).status).toBe(1)
      expect((await add('-T', at('ecdsa384.pub'))).status).toBe(1)
    })

    it('takes out a key with its certificate', async () => {
      await addOk(at('ed25519-certified'))
      await addOk('-d', at('ed25519-certified'))
      expect((await add('-l')).status).toBe(1)
    })

    it('takes out everything, without a complaint', async () => {
      for (const name of names) await addOk(at(name))
      const { status, stderr } = await add('-D')
      expect([status, stderr]).toEqual([0, 'All identities removed.\n'])
      expect((await add('-l')).status).toBe(1)
      expect((await add('-D')).status).toBe(0)
    })

    it('locks and unlocks with a passphrase', async () => {
      await addOk(at('ed25519'))
      await runOk('ssh-add', ['-x'], { env: withPassphrase('sesame') })
      expect((await add('-l')).stdout).toBe('The agent has no identities.\n')
      expect((await add(at('rsa2048'))).status).toBe(1)
      expect((await run('ssh-add', ['-X'], { env: withPassphrase('wrong') })).status).toBe(1)
      await runOk('ssh-add', ['-X'], { env: withPassphrase('sesame') })
      expect(await listed()).toEqual([text('ed25519.pub')])
    })

    it.each(names)('signs a file, and the signature is good: %s', async (name) => {
      await addOk(at(name))
      const file = at(`${subject.name}-${name}.txt`)
      writeFileSync(file, 'a file\n')
      await runOk('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', at(`${name}.pub`), file], { env })
      writeFileSync(at('allowed'), `jo ${text(`${name}.pub`)}\n`)
      await runOk('ssh-keygen', ['-Y', 'verify', '-n', 'file', '-I', 'jo', '-f', at('allowed'), '-s', `${file}.sig`], {
        input: 'a file\n',
      })
    })

    it('is a CA whose key is in the agent', async () => {
      await addOk(at('ca'))
      const key = at(`${subject.name}-signed.pub`)
      writeFileSync(key, readFileSync(at('ed25519.pub')))
      await runOk('ssh-keygen', ['-q', '-U', '-s', at('ca.pub'), '-I', 'x', '-n', 'jo', key], { env })
      const line = readFileSync(key.replace(/\.pub$/, '-cert.pub'), 'utf8')
      expect(isSignatureValid(decodeCertificate(parsePublicKeyLine(line).blob))).toBe(true)
    })

    it('keeps a lifetime until it has run out', async () => {
      await addOk('-t', '60', at('ed25519'))
      await addOk(at('rsa2048'))
      expect(await listed()).toHaveLength(2)
      if (agent.advance === undefined) return
      agent.advance(59_000)
      expect(await listed()).toHaveLength(2)
      agent.advance(1_001)
      expect(await listed()).toEqual([text('rsa2048.pub')])
    })

    it('does not take a token library that is not there', async () => {
      const env = withPassphrase('1234')
      expect((await run('ssh-add', ['-s', '/usr/lib/none.so'], { env })).status).toBe(1)
    })

    it('signs with a key that is to be confirmed only where the person says yes', async () => {
      await addOk('-c', at('ed25519'))
      const test = async () => (await add('-T', at('ed25519.pub'))).status
      expect(await test()).toBe(1)
      agent.says('yes')
      expect(await test()).toBe(0)
      agent.says('no')
      expect(await test()).toBe(1)
    })

    it('takes a key that is for some destinations, and signs nothing else with it', async () => {
      writeFileSync(at('known_hosts'), `example.com ${text('ca.pub')}\n`)
      await addOk('-H', at('known_hosts'), '-h', 'example.com', at('ed25519'))
      expect((await add('-l')).stdout).toContain('ed25519')
      expect((await add('-T', at('ed25519.pub'))).status).toBe(1)
    })

    describeWithPeers('and git', ['git'], () => {
      it('signs a commit, and git says that the signature is good', async () => {
        await addOk(at('ed25519'))
        const repository = makeFolder()
        writeFileSync(at('allowed'), `jo@example.com ${text('ed25519.pub')}\n`)
        const settings = {
          'user.name': 'Jo',
          'user.email': 'jo@example.com',
          'gpg.format': 'ssh',
          'user.signingkey': at('ed25519.pub'),
          'gpg.ssh.allowedSignersFile': at('allowed'),
        }
        const git = (...args: string[]) =>
          runOk('git', [...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]), ...args], {
            env: { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
            cwd: repository,
          })
        await git('init', '-q')
        await git('commit', '-q', '--allow-empty', '-S', '-m', 'signed')
        expect(await git('log', '--format=%G? %GS')).toBe('G jo@example.com\n')
        removeFolder(repository)
      })
    })

    it('is understood by ssh2: its list and its signatures', async () => {
      for (const name of names) await addOk(at(name))
      const client = createAgent(agent.socketPath)
      const identities = await new Promise<ParsedKey[]>((resolve, reject) => {
        client.getIdentities((error, keys) => (error ? reject(error) : resolve(keys as ParsedKey[])))
      })
      expect(identities.map(({ comment }) => comment)).toEqual(names)
      for (const identity of identities) {
        const hash = identity.type === 'ssh-rsa' ? { hash: 'sha512' as const } : {}
        const signature = await new Promise<Buffer>((resolve, reject) => {
          client.sign(identity, Buffer.from('data'), hash, (error, bytes) => (error ? reject(error) : resolve(bytes!)))
        })
        // ssh2 takes the algorithm off and believes that it is the one that it asked for.
        const algorithm = identity.type === 'ssh-rsa' ? 'rsa-sha2-512' : identity.type
        const blob = new SshWriter().string(algorithm).string(signature).bytes()
        expect(verifySignature(decodePublicKey(identity.getPublicSSH()), Buffer.from('data'), blob)).toBe(true)
      }
    })
  })
}
