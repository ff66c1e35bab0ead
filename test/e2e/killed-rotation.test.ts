import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { totpOfStep, totpStep } from '../../src/core/totp/totp.ts'
import { ownCredentialsBehindMfa } from '../../src/dev/aws/seed-policies.ts'
import type { AwsFault } from '../doubles/aws/faults.ts'
import { createFullAws, type FullAws } from '../doubles/aws/full-server.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const arn = 'arn:aws:iam::111122223333:user/jo'
/** How long AWS does not know a new key, in ms. */
const unknownMs = 300

/** What befalls a run: at its call with this number, counted from 1, before or after the call has taken effect. */
interface Kill {
  whom: 'daemon' | 'command'
  atCall: number
  when: 'before' | 'after'
}

/** A user behind a policy that wants a code, their key in a daemon, and somebody who gives codes without waiting. */
async function setUp(): Promise<Scene> {
  const folder = makeFolder()
  let onCall: (() => AwsFault | undefined) | undefined
  const aws = await createFullAws({
    now: Date.now,
    log: () => {},
    faults: { next: () => onCall?.(), newKeyDelayMs: () => unknownMs },
  })
  await aws.addUser({ arn, policy: ownCredentialsBehindMfa })
  const key = await aws.addAccessKey(arn)
  aws.directory.accessKey(key.accessKeyId)!.key.createdAtMs -= 3_600_000
  const { serialNumber, secretBase32 } = await aws.addMfaDevice(arn)
  // AWS takes the codes of three steps: they last for a run, and for what it may cost to be killed.
  const codes = createServer((_, response) => {
    const [device] = aws.user(arn)!.mfaDevices
    const step = Math.max(totpStep(Date.now()) - 1, device!.lastAcceptedStep + 1)
    response.end(totpOfStep(secretBase32.expose(), step))
  }).listen(0, '127.0.0.1')
  await once(codes, 'listening')
  const program = join(folder, 'answer')
  const url = `http://127.0.0.1:${(codes.address() as AddressInfo).port}/`
  writeFileSync(program, `#!/bin/sh\nexec curl -sS --noproxy '*' ${url}\n`, { mode: 0o700 })
  const toml = `[aws.source.master]
mfa_serial = "${serialNumber}"
region = "us-east-1"
[keychain]
store = "file"
file = "${join(folder, 'keychain')}"
[prompt]
program = "${program}"
terminal = false
`
  const start = () =>
    startBuiltDaemon(folder, toml, { env: { AWS_ENDPOINT_URL_STS: aws.endpoint, AWS_ENDPOINT_URL_IAM: aws.endpoint } })
  const scene: Scene = {
    aws,
    daemon: await start(),
    async restart() {
      scene.daemon = await start()
    },
    onCalls: (act) => {
      onCall = act
    },
    async close() {
      await scene.daemon.end('SIGKILL')
      codes.close()
      await aws.close()
      removeFolder(folder)
    },
  }
  const input = `${key.accessKeyId}\n${key.secretAccessKey.expose()}\n`
  const added = await scene.daemon.run(latchkeyPath, ['aws', 'keys', 'add', 'master'], { input })
  if (added.status !== 0) throw new Error(added.stderr)
  return scene
}

interface Scene {
  aws: FullAws
  daemon: BuiltDaemon
  restart(): Promise<void>
  onCalls(act: (() => AwsFault | undefined) | undefined): void
  close(): Promise<void>
}

const rotate = ({ daemon }: Scene) => daemon.run(latchkeyPath, ['aws', 'keys', 'rotate', 'master'])

/** Runs the command, and kills it or the daemon. @returns how the command ended; undefined: it came to its end before */
async function runKilled(scene: Scene, { whom, atCall, when }: Kill) {
  const command = spawn(latchkeyPath, ['aws', 'keys', 'rotate', 'master'], {
    env: { ...process.env, ...scene.daemon.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let calls = 0
  let isKilled = false
  scene.onCalls(() => {
    calls += 1
    if (calls !== atCall) return undefined
    isKilled = true
    if (whom === 'command') command.kill('SIGKILL')
    else process.kill(scene.daemon.pid, 'SIGKILL')
    return whom === 'daemon' ? { type: 'reset', when } : undefined
  })
  const [stdout, stderr, [status]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'close') as Promise<[number | null]>,
  ])
  scene.onCalls(undefined)
  return isKilled ? { status, stdout, stderr } : undefined
}

/** Kills a run at each of its calls to AWS, one scene after the other, and has the next one end what it has begun. */
async function killEverywhere(
  kill: Omit<Kill, 'atCall'>,
  judge: (ended: { status: number | null; stdout: string; stderr: string }) => void,
) {
  const outcomes: string[] = []
  for (let atCall = 1; ; atCall += 1) {
    const scene = await setUp()
    try {
      const ended = await runKilled(scene, { ...kill, atCall })
      if (ended === undefined) return outcomes
      judge(ended)
      if (kill.whom === 'daemon') await scene.restart()
      const next = await rotate(scene)
      expect({ atCall, status: next.status, stderr: next.stderr }).toMatchObject({ atCall, status: 0 })
      const keys = scene.aws.user(arn)!.accessKeys
      expect({ atCall, keys: keys.map(({ status }) => status) }).toEqual({ atCall, keys: ['Inactive', 'Active'] })
      const list = await scene.daemon.run(latchkeyPath, ['aws', 'keys', 'list', '--json'])
      expect(JSON.parse(list.stdout).keys).toMatchObject([{ source: 'master', accessKeyId: keys[1]!.id }])
      const session = await scene.daemon.run(latchkeyPath, ['aws', 'credentials', 'master'])
      expect({ atCall, status: session.status, stderr: session.stderr }).toEqual({ atCall, status: 0, stderr: '' })
      outcomes.push(next.stdout)
    } finally {
      await scene.close()
    }
  }
}

describeWithPeers('a rotation whose daemon is killed at any call to AWS', ['curl'], () => {
  const says = ({ status, stderr }: { status: number | null; stderr: string }) => {
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: .*\nhint: /m)
  }

  it('is ended by the next run, where the call had no effect', async () => {
    const outcomes = await killEverywhere({ whom: 'daemon', when: 'before' }, says)
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    expect(outcomes.join()).not.toContain('is deleted')
  }, 240_000)

  it('is ended by the next run, where the answer was lost', async () => {
    const outcomes = await killEverywhere({ whom: 'daemon', when: 'after' }, says)
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    // The secret of one new key died with the daemon.
    expect(outcomes.filter((output) => output.includes('before it could store the secret'))).toHaveLength(1)
  }, 240_000)
})

describeWithPeers('a rotation whose command is killed at any call to AWS', ['curl'], () => {
  it('is ended by the next run, while the daemon ends the step', async () => {
    const outcomes = await killEverywhere({ whom: 'command', when: 'before' }, ({ status }) =>
      expect(status).toBe(null),
    )
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    expect(outcomes.join()).not.toContain('is deleted')
  }, 240_000)
})
