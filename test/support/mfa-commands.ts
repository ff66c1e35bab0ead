import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { expect } from 'vitest'
import type { AwsSettings } from '../../src/aws/config/settings.ts'
import { kindOfDevice } from '../../src/aws/mfa/device-kind.ts'
import { Secret } from '../../src/core/secret.ts'
import { checkedAnswer } from '../../src/helper/checked-answer.ts'
import type { CommandContext } from '../../src/helper/command-context.ts'
import { runProgram } from '../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../src/helper/daemon-access.ts'
import { HelperError } from '../../src/helper/fast/failure.ts'
import type { EndpointName } from '../../src/ipc/endpoints.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const jo = 'arn:aws:iam::111122223333:user/jo'
export const device = (name: string) => `arn:aws:iam::111122223333:mfa/${name}`
export const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
export const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

/** config.toml in a folder, and a daemon with one user, who has the devices that a test says. */
export function mfaWorld({ toml = '', awsSerial }: { toml?: string; awsSerial?: string } = {}) {
  const folder = temporaryFolder()
  const config = join(folder, 'config.toml')
  writeFileSync(config, toml)
  const world = {
    /** Of config.toml, and of the sockets. */
    folder,
    config,
    text: () => readFileSync(config, 'utf8'),
    devices: [] as string[],
    /** AWS refuses to list them. */
    isListRefused: false,
    isVerified: true,
    /** Why the daemon does not store a key that is not meant to replace the one that it has. */
    other: undefined as { heldBy?: string; arn?: string } | undefined,
    /** The sources that have a key, as far as that is asked. */
    stored: [] as string[],
    doubt: undefined as { reason: string; instead: string[] } | undefined,
    /** What the answer to createMfaDevice has in the place of what is right. */
    created: {} as object,
    leftovers: [] as { serialNumber: string; isDeleted: boolean }[],
    /** What AWS says against codes, in turn; nothing once there is nothing more. */
    refusals: { enable: [] as string[], resync: [] as string[], prove: [] as string[] },
    /** Ends a call of this name. */
    failing: undefined as EndpointName | undefined,
    calls: [] as string[],
    bodies: [] as unknown[],
    size: undefined as { columns: number; rows: number } | undefined,
    run,
  }
  const outcome = (refusals: string[]) => {
    const refusal = refusals.shift()
    return refusal === undefined ? {} : { refusal }
  }
  const sections = () => (parse(world.text()) as { aws?: { source?: AwsSettings['sources'] } }).aws?.source ?? {}
  const section = (name: string) => {
    const own = sections()[name]
    if (own === undefined)
      return awsSerial === undefined ? {} : { section: { definedIn: 'aws-files', mfaSerial: awsSerial } }
    const mfaSerial = own.mfa_serial
    return { section: { definedIn: 'config.toml', ...(mfaSerial === undefined ? {} : { mfaSerial }) } }
  }
  const answers: Partial<Record<EndpointName, (input: { params: { source: string }; body: never }) => unknown>> = {
    getConfig: () => ({ file: config, errors: [], warnings: [] }),
    listProfiles: () => ({ profiles: [] }),
    listKeys: () => ({ keys: world.stored.map((source) => ({ source, accessKeyId: key.id })) }),
    getSource: ({ params }) => ({
      ...section(params.source),
      ...(world.doubt === undefined ? {} : { doubt: world.doubt }),
    }),
    putKey: ({ params, body }) =>
      world.other !== undefined && !('replace' in body)
        ? { type: 'other-user', ...world.other }
        : {
            source: params.source,
            accessKeyId: key.id,
            isVerified: world.isVerified,
            ...(world.isVerified ? { arn: jo } : {}),
          },
    listMfaDevices: () =>
      world.isListRefused
        ? { arn: jo, refusal: { code: 'AWS_DENIED', message: 'AWS refused ListMFADevices: no', hint: 'ask' } }
        : {
            arn: jo,
            devices: world.devices.map((serialNumber) => ({
              serialNumber,
              kind: kindOfDevice(serialNumber),
              enabledAt: '2026-01-02T03:04:05Z',
            })),
          },
    createMfaDevice: ({ body }) => ({
      serialNumber: device((body as { name?: string }).name ?? 'jo'),
      seed,
      leftovers: world.leftovers,
      ...world.created,
    }),
    enableMfaDevice: () => outcome(world.refusals.enable),
    resyncMfaDevice: () => outcome(world.refusals.resync),
    proveMfaDevice: () => {
      const refusal = world.refusals.prove.shift()
      return refusal === undefined ? { expiresAt: '2026-01-02T15:04:05Z' } : { refusal }
    },
  }

  /** @param typed what is typed; absent: there is no terminal */
  async function run(args: readonly string[], typed?: string[], input = `${key.id}\n${key.secret}\n`) {
    const seen = { printed: '', noted: '', shown: '', asked: [] as string[], failure: undefined as unknown }
    const context: CommandContext = {
      environment: { HOME: '/home/jo', LATCHKEY_RUNTIME_DIR: folder },
      print: (text) => {
        seen.printed += text
      },
      note: (text) => {
        seen.noted += text
      },
      show: async () => expect.unreachable(),
      hasShownOutput: true,
      commandPath: '/opt/bin/latchkey',
      daemon: {
        async call(name: EndpointName, given: never) {
          world.calls.push(name)
          const { body } = (given ?? {}) as { body?: unknown }
          if (body !== undefined) world.bodies.push(body)
          if (world.failing === name) throw new HelperError('REFUSED', `${name} failed`, { hint: 'do this' })
          return checkedAnswer(name, answers[name]!(given))
        },
      } as DaemonAccess,
      hasTypedInput: typed !== undefined,
      platform: 'linux',
      readInput: async () => input,
      readInputBytes: async () => Buffer.alloc(0),
      runCommand: async () => expect.unreachable(),
      readProgram: async () => expect.unreachable(),
      untilStopped: async () => expect.unreachable(),
      screen: {
        size: () => world.size,
        show: (text) => {
          seen.shown += text
        },
      },
      async readLine(prompt) {
        seen.asked.push(prompt)
        const text = typed?.shift()
        return text === undefined ? undefined : new Secret(text)
      },
      nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5),
      pause: async () => {},
    }
    const rooms = { runDaemon: async () => 0, checkConfig: async () => 0 }
    try {
      await runProgram(['aws', ...args], rooms, context)
    } catch (error) {
      seen.failure = error
    }
    return seen
  }
  return world
}
