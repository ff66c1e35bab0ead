import { expect } from 'vitest'
import { type AwsCredentials, createAwsCredentials } from '../../src/aws/aws-credentials.ts'
import type { AwsSettings } from '../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../src/aws/config/shared-config.ts'
import type { RotationStep } from '../../src/aws/rotation/key-rotation.ts'
import { createLogger } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { createPrompts } from '../../src/prompts/broker.ts'
import { stubConsole } from './aws-console.ts'
import { stubIam } from './aws-stub-iam.ts'
import { lasting, stubKeychain } from './aws-stub-keychain.ts'
import { stubKeys } from './aws-stub-keys.ts'
import { stubSts } from './aws-stub-sts.ts'
import { person, serial, settled } from './aws-world.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

/** How long a process lives: each use of the world by it is two moments, before and after it has had its effect. */
export interface Life {
  /** The moment at which it is killed; never by default. */
  diesAt: number
  /** How many there were. */
  moments: number
  /** Resolves when it is dead. */
  death: Promise<'dead'>
  passes(): Promise<void>
}

export function life(diesAt = Number.POSITIVE_INFINITY): Life {
  let die: (how: 'dead') => void = () => {}
  const death = new Promise<'dead'>((resolve) => (die = resolve))
  const mine: Life = {
    diesAt,
    moments: 0,
    death,
    async passes() {
      mine.moments += 1
      if (mine.moments < mine.diesAt) return
      die('dead')
      // What a dead process was about to do is never done.
      await new Promise(() => {})
    },
  }
  return mine
}

/** What a process uses, for as long as it lives. */
function during<T extends object>(lived: Life, target: T): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name)
      // What a client knows already takes no moment.
      if (typeof member !== 'function' || name === 'clockSkewMs') return member
      return async (...args: unknown[]) => {
        await lived.passes()
        const result: unknown = await (member as (...given: unknown[]) => unknown).apply(object, args)
        await lived.passes()
        return result
      }
    },
  })
}

/** A user in the path `team` whose only key, 100 days old, is that of `master`; with a device unless told otherwise. */
export async function rotationWorld({ hasDevice = true }: { hasDevice?: boolean } = {}) {
  const clock = fakeClock()
  const sts = stubSts(clock)
  const keychain = stubKeychain()
  const key = sts.addUser('arn:aws:iam::111122223333:user/team/jo', { device: serial })
  const iam = stubKeys(clock, sts, key.accessKeyId, hasDevice)
  const settings: AwsSettings = {
    sources: { master: hasDevice ? { mfa_serial: serial } : {} },
    profiles: { dev: { role: 'arn:aws:iam::123456789012:role/Dev', source: 'master' } },
  }
  const questions: string[] = []
  const log: string[] = []
  const start = (lived = life()): AwsCredentials =>
    createAwsCredentials({
      readSettings: async () => settings,
      readSharedConfig: async () => parseSharedConfig({}),
      keychain: lasting(during(lived, keychain), clock),
      sts: async () => during(lived, sts),
      iam: async () => during(lived, stubIam(iam)),
      ...stubConsole(),
      runMfaCommand: async () => expect.unreachable(),
      clock,
      random: () => 0,
      prompts: createPrompts({
        clock,
        newId: () => 'lease',
        async program({ text }) {
          questions.push(text)
          // Until the device shows the next code.
          clock.advance(30_000)
          return new Secret(sts.code(serial))
        },
      }),
      log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
    })
  await keychain.set('aws/key/master', keyItem(key))
  const held = async (): Promise<{ accessKeyId: string; secretAccessKey: string }> =>
    JSON.parse((await keychain.get('aws/key/master'))!.expose())
  return {
    clock,
    sts,
    keychain,
    key,
    iam,
    settings,
    questions,
    log,
    start,
    /** The key in the keychain. */
    held,
    /** Whom STS takes the key in the keychain for. */
    async whoami() {
      const { accessKeyId, secretAccessKey } = await held()
      const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }
      return (await sts.getCallerIdentity({ credentials, region: 'us-east-1' })).arn
    },
  }
}

export function keyItem({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: Secret<string> }) {
  return new Secret(JSON.stringify({ accessKeyId, secretAccessKey: secretAccessKey.expose() }))
}

/** Lets time go by until it is settled: a pause of ours ends at once. What a dead process waits for never is. */
export async function inTime<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  work.then(settle, settle)
  for (let ticks = 0; ticks < 2_000 && !isSettled; ticks += 1) {
    await settled()
    clock.advance(100)
  }
  return work
}

/** Takes steps as the command does, until there is no next one. @param finish with `--now` */
export async function rotate(
  { clock }: { clock: FakeClock },
  aws: AwsCredentials,
  finish = false,
): Promise<RotationStep['type'][]> {
  const taken: RotationStep['type'][] = []
  for (;;) {
    const { rotation } = aws
    const { type } = await inTime(clock, finish ? rotation.finish('master', true) : rotation.advance('master'))
    taken.push(type)
    if (type === 'session-needed') await aws.login('master', person)
    if (type === 'retired' || type === 'finished') return taken
  }
}
