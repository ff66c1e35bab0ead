import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createImportBackups } from '../../src/aws/keys/import-backups.ts'
import { Secret } from '../../src/core/secret.ts'
import { importHandlers } from '../../src/daemon/api/import-routes.ts'
import type { CommandContext } from '../../src/helper/command-context.ts'
import { runProgram } from '../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../src/helper/daemon-access.ts'
import type { AwsProfileEntry } from '../../src/ipc/endpoints/aws-profiles.ts'
import { stubKeychain } from './aws-stub-keychain.ts'
import { fakeClock } from './fake-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Files with keys in a folder, beside a daemon whose keychain keeps what it is given. */
export function keyImportWorld(files: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder()
  const clock = fakeClock()
  const keychain = stubKeychain()
  const path = (name: string) => join(folder, name)
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text)
  const stored = new Map<string, { accessKeyId: string; secret: string }>()
  const world = {
    folder,
    clock,
    keychain,
    stored,
    path,
    text: (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : undefined),
    environment: {} as Record<string, string>,
    profiles: [] as AwsProfileEntry[],
    /** The AWS files of the daemon; absent: it is too old to say. */
    files: undefined as { config: string; credentials: string } | undefined,
    /** What speaks against a name. */
    doubts: {} as Record<string, { reason: string; instead: string[] }>,
    /** Called before each call of the daemon; what it throws ends the command there. */
    onCall: (_name: string) => {},
    run,
  }
  const backups = createImportBackups(keychain, clock)
  type Handler = (request: never) => unknown
  const handlers: Record<string, Handler> = {
    ...(importHandlers({ keys: { adopt: undefined as never, backups } }) as unknown as Record<string, Handler>),
    importKey({ body: { source, accessKeyId, secretAccessKey } }: { body: Record<string, string> }) {
      stored.set(source!, { accessKeyId: accessKeyId!, secret: secretAccessKey! })
      return { source, accessKeyId, isVerified: true, arn: 'arn:aws:iam::111122223333:user/jo' }
    },
    listKeys: () => ({ keys: [...stored].map(([source, { accessKeyId }]) => ({ source, accessKeyId })) }),
    async removeKey({ params: { source } }: { params: { source: string } }) {
      await backups.removeOf(source)
      stored.delete(source)
    },
    listProfiles: () => ({ profiles: world.profiles, ...(world.files === undefined ? {} : { files: world.files }) }),
    getSource: ({ params: { source } }: { params: { source: string } }) =>
      world.doubts[source] === undefined ? {} : { doubt: world.doubts[source] },
  }

  /** @param typed what is typed; absent: there is no terminal */
  async function run(args: readonly string[], typed?: string[]) {
    const seen = { printed: '', noted: '', asked: [] as string[], failure: undefined as unknown }
    const call = async (name: string, input: never) => {
      world.onCall(name)
      return handlers[name]!(input)
    }
    const context: CommandContext = {
      platform: 'linux',
      environment: {
        HOME: folder,
        PATH: process.env.PATH,
        AWS_CONFIG_FILE: path('config'),
        AWS_SHARED_CREDENTIALS_FILE: path('credentials'),
        ...world.environment,
      },
      print: (text) => {
        seen.printed += text
      },
      note: (text) => {
        seen.noted += text
      },
      show: async () => expect.unreachable(),
      hasShownOutput: true,
      commandPath: '/opt/bin/latchkey',
      daemon: { call } as DaemonAccess,
      hasTypedInput: typed !== undefined,
      readInput: async () => '',
      readInputBytes: async () => Buffer.alloc(0),
      runCommand: async () => expect.unreachable(),
      readProgram: async () => expect.unreachable(),
      untilStopped: async () => expect.unreachable(),
      screen: { size: () => undefined, show: () => expect.unreachable() },
      async readLine(prompt) {
        seen.asked.push(prompt)
        const text = typed?.shift()
        return text === undefined ? undefined : new Secret(text)
      },
      nowMs: clock.now,
      pause: async () => {},
    }
    try {
      await runProgram(
        ['aws', 'keys', 'import', ...args],
        { runDaemon: async () => 0, checkConfig: async () => 0 },
        context,
      )
    } catch (error) {
      seen.failure = error
    }
    expect(`${seen.printed}${seen.noted}${String(seen.failure)}`).not.toMatch(/wJalrXUtn|je7MtGbCl/)
    return seen
  }
  return world
}
