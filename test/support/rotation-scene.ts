import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { totpOfStep, totpStep } from '../../src/core/totp/totp.ts'
import { ownCredentialsBehindMfa } from '../../src/dev/aws/seed-policies.ts'
import type { AwsFault } from '../doubles/aws/faults.ts'
import { createFullAws, type FullAws } from '../doubles/aws/full-server.ts'
import { type BuiltDaemon, startBuiltDaemon } from './built-daemon.ts'
import { latchkeyPath } from './latchkey.ts'
import type { Finished } from './run.ts'
import { makeFolder, removeFolder } from './temporary-folder.ts'

/** The user whose key is rotated. */
export const rotatingUser = 'arn:aws:iam::111122223333:user/jo'
/** How long AWS does not know a new key, in ms. */
const unknownMs = 300

/** A daemon with the key of a user of an AWS. */
export interface RotationScene {
  aws: FullAws
  /** The key that the daemon has been given, in two lines. */
  key: string
  daemon: BuiltDaemon
  restart(): Promise<void>
  /** Called at each call to AWS with its action, before it takes effect. */
  onCalls(act: ((action: string | undefined) => AwsFault | undefined) | undefined): void
  rotate(): Promise<Finished>
  close(): Promise<void>
}

/**
 * A user behind a policy that wants a code, their key in a daemon, and somebody who gives codes without waiting.
 * @param keychain the folder of the daemon's keychain; default: one of the scene's own
 */
export async function startRotationScene(keychain?: string): Promise<RotationScene> {
  const folder = makeFolder()
  let onCall: ((action: string | undefined) => AwsFault | undefined) | undefined
  const aws = await createFullAws({
    now: Date.now,
    log: () => {},
    faults: { next: (action) => onCall?.(action), newKeyDelayMs: () => unknownMs },
  })
  await aws.addUser({ arn: rotatingUser, policy: ownCredentialsBehindMfa })
  const key = await aws.addAccessKey(rotatingUser)
  aws.directory.accessKey(key.accessKeyId)!.key.createdAtMs -= 3_600_000
  const { serialNumber, secretBase32 } = await aws.addMfaDevice(rotatingUser)
  // AWS takes the codes of three steps: they last for a run, and for what it may cost to be killed.
  const codes = createServer((_, response) => {
    const [device] = aws.user(rotatingUser)!.mfaDevices
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
file = "${join(keychain ?? folder, 'keychain')}"
[prompt]
program = "${program}"
terminal = false
`
  const start = () =>
    startBuiltDaemon(folder, toml, { env: { AWS_ENDPOINT_URL_STS: aws.endpoint, AWS_ENDPOINT_URL_IAM: aws.endpoint } })
  const scene: RotationScene = {
    aws,
    key: `${key.accessKeyId}\n${key.secretAccessKey.expose()}\n`,
    daemon: await start(),
    async restart() {
      scene.daemon = await start()
    },
    onCalls: (act) => {
      onCall = act
    },
    rotate: () => scene.daemon.run(latchkeyPath, ['aws', 'keys', 'rotate', 'master']),
    async close() {
      await scene.daemon.end('SIGKILL')
      codes.close()
      await aws.close()
      removeFolder(folder)
    },
  }
  const added = await scene.daemon.run(latchkeyPath, ['aws', 'keys', 'add', 'master'], { input: scene.key })
  if (added.status !== 0) throw new Error(added.stderr)
  return scene
}
