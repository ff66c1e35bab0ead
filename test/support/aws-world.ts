import { type AwsCredentials, createAwsCredentials } from '../../src/aws/aws-credentials.ts'
import type { RunMfaCommand } from '../../src/aws/codes/mfa-command.ts'
import type { AwsSettings } from '../../src/aws/config/settings.ts'
import { parseSharedConfig, type SharedConfigTexts } from '../../src/aws/config/shared-config.ts'
import type { AccessKey } from '../../src/aws/credentials.ts'
import type { IamClient } from '../../src/aws/iam/iam-client.ts'
import type { EndpointVariable } from '../../src/aws/plan/sts-endpoint.ts'
import { createLogger } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { createPrompts, type PromptBroker } from '../../src/prompts/broker.ts'
import type { PromptCaller, PromptLease, PromptQuestion } from '../../src/prompts/prompt.ts'
import { stubConsole } from './aws-console.ts'
import { stubIam } from './aws-stub-iam.ts'
import { lasting, type StubKeychain, stubKeychain } from './aws-stub-keychain.ts'
import { type StubSts, stubSts } from './aws-stub-sts.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export const serial = 'arn:aws:iam::111122223333:mfa/jo'
export const devRole = 'arn:aws:iam::123456789012:role/Dev'
export const prodRole = 'arn:aws:iam::210987654321:role/Prod'
export const deepRole = 'arn:aws:iam::123456789012:role/Deep'

/** One user with a device, two roles behind it, and a role through one of them. */
export const usualSettings: AwsSettings = {
  sources: { master: { mfa_serial: serial } },
  profiles: {
    dev: { account: '123456789012', role: 'Dev', source: 'master', region: 'eu-central-1' },
    prod: { account: '210987654321', role: 'Prod', source: 'master', region: 'eu-west-1' },
    deep: { role: deepRole, source: 'dev' },
  },
}

/** A caller who can be asked by the prompt program only. */
export const person: PromptCaller = { mayPrompt: true }
/** A caller who must not wait for a person. */
export const unattended: PromptCaller = { mayPrompt: false }

export interface World {
  clock: FakeClock
  sts: StubSts
  keychain: StubKeychain
  console: ReturnType<typeof stubConsole>
  prompts: PromptBroker
  aws: AwsCredentials
  key: AccessKey
  /** Every question that was put to the person. */
  asked: PromptQuestion[]
  /** What the person answers; the right code unless a test says otherwise. */
  answers: (() => string | undefined)[]
  log: string[]
  settings: AwsSettings
  /** The same machine after a restart of the daemon. */
  restart(): AwsCredentials
}

/** A daemon's AWS room with a stub STS, a keychain that holds the key of `master`, and a person who types right codes. */
export async function world(
  options: {
    settings?: AwsSettings
    shared?: SharedConfigTexts
    program?: boolean
    /** What IAM knows. */
    iam?: (world: World) => Partial<IamClient>
    runMfaCommand?: RunMfaCommand
    stsVariable?: EndpointVariable
  } = {},
): Promise<World> {
  const clock = fakeClock()
  const sts = stubSts(clock)
  const keychain = stubKeychain()
  const console = stubConsole()
  const asked: PromptQuestion[] = []
  const answers: (() => string | undefined)[] = []
  const log: string[] = []
  const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `lease-${id}`)
  const prompts = createPrompts({
    clock,
    newId: () => ids.shift()!,
    onAsked: ({ question }) => asked.push(question),
    ...(options.program === false
      ? {}
      : {
          program: async () => {
            const answer = (answers.shift() ?? (() => sts.code(serial)))()
            return answer === undefined ? undefined : new Secret(answer)
          },
        }),
  })
  const key = sts.addUser('arn:aws:iam::111122223333:user/jo', { device: serial })
  sts.addRole(devRole, { requiresMfa: true })
  sts.addRole(prodRole, { requiresMfa: true })
  sts.addRole(deepRole)
  const settings = options.settings ?? usualSettings
  const start = () =>
    createAwsCredentials({
      readSettings: async () => made.settings,
      readSharedConfig: async () => parseSharedConfig(options.shared ?? {}),
      keychain: lasting(keychain, clock),
      sts: async () => sts,
      iam: async () => stubIam(options.iam?.(made)),
      stsVariable: options.stsVariable,
      ...console,
      runMfaCommand: async (command, watch) => (options.runMfaCommand ?? noCommand)(command, watch),
      clock,
      random: () => 0,
      prompts,
      log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
    })
  const made: World = {
    clock,
    sts,
    keychain,
    console,
    prompts,
    asked,
    answers,
    log,
    key,
    settings,
    aws: start(),
    restart: start,
  }
  await keychain.set(
    'aws/key/master',
    new Secret(JSON.stringify({ accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey.expose() })),
  )
  return made
}

/** A caller with a terminal: the leases that it was lent. */
export function terminal(): PromptCaller & { leases: PromptLease[]; lent(): Promise<PromptLease> } {
  const leases: PromptLease[] = []
  const waiting: ((lease: PromptLease) => void)[] = []
  return {
    mayPrompt: true,
    leases,
    offer(lease) {
      leases.push(lease)
      waiting.shift()?.(lease)
    },
    lent: () => (leases.length > 0 ? Promise.resolve(leases.at(-1)!) : new Promise((resolve) => waiting.push(resolve))),
  }
}

const noCommand: RunMfaCommand = async () => {
  throw new Error('no command is to be run')
}

/** Everything that can run without the clock has run. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** What a promise rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it did not fail')
}
