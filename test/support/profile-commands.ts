import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { expect } from 'vitest'
import { listProfiles } from '../../src/aws/config/profile-list.ts'
import type { AwsSettings } from '../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../src/aws/config/shared-config.ts'
import type { Environment } from '../../src/core/places/environment.ts'
import { Secret } from '../../src/core/secret.ts'
import type { CommandContext } from '../../src/helper/command-context.ts'
import { runProgram } from '../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../src/helper/daemon-access.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const sources = '[aws.source.master]\nmfa_serial = "arn:aws:iam::111122223333:mfa/jo"\nregion = "eu-central-1"\n'
export const switchRole = 'https://signin.aws.amazon.com/switchrole'

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

interface AwsSections {
  profile?: AwsSettings['profiles']
  source?: AwsSettings['sources']
}

const sectionsOf = (toml: string) => (parse(toml) as { aws?: AwsSections }).aws ?? {}

/**
 * Both files in a folder, with a daemon that reads them for each call as the real one does.
 * @param iniOfDaemon what the AWS config file of its environment has, where that is another one
 */
export function profileWorld({
  toml = sources,
  ini = '# mine\n',
  iniOfDaemon,
}: {
  toml?: string
  ini?: string
  iniOfDaemon?: string
} = {}) {
  const folder = temporaryFolder()
  const [config, aws] = [join(folder, 'config.toml'), join(folder, 'aws-config')]
  const credentials = join(folder, '.aws', 'credentials')
  const read = iniOfDaemon === undefined ? aws : join(folder, 'aws-config-of-daemon')
  if (iniOfDaemon !== undefined) writeFileSync(read, iniOfDaemon)
  writeFileSync(config, toml)
  writeFileSync(aws, ini)
  const world = {
    folder,
    config: { path: config, text: () => readFileSync(config, 'utf8') },
    aws: { path: aws, text: () => textOf(aws) },
    /** The AWS config file that the daemon reads. */
    ofDaemon: { path: read, text: () => textOf(read) },
    nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    /** What a try of a profile answers, in turn; nothing is wrong once there is nothing more. */
    tries: {} as Record<string, { code: string; message: string; hint?: string }[]>,
    tried: [] as string[],
    /** What keeps a profile from being tried at all. */
    untriable: {} as Record<string, Error>,
    /** What AWS Organizations answers, and who asked. */
    accounts: [] as { Id: string; Name: string; State: string }[],
    listed: [] as unknown[],
    /** The most that were tried at the same time. */
    triedAtOnce: 0,
    faults: [] as { section: string; effect: 'off'; code: string; message: string }[],
    /** Profiles of config.toml whose sections are wrong, while they are there. */
    off: [] as string[],
    run,
  }
  let trying = 0
  const answers: Record<string, (input: { body: { profile: string } }) => unknown> = {
    async listAccounts({ body }) {
      world.listed.push(body)
      return { accounts: world.accounts }
    },
    async tryProfile({ body: { profile } }) {
      world.tried.push(profile)
      trying += 1
      world.triedAtOnce = Math.max(world.triedAtOnce, trying)
      await new Promise((resolve) => setImmediate(resolve))
      trying -= 1
      const failure = world.untriable[profile]
      if (failure !== undefined) throw failure
      const error = world.tries[profile]?.shift()
      return error === undefined ? {} : { error }
    },
    listProfiles() {
      const { profile = {}, source = {} } = sectionsOf(world.config.text())
      const profiles = Object.fromEntries(Object.entries(profile).filter(([name]) => !world.off.includes(name)))
      const settings = { profiles, sources: source }
      const files = { config: read, credentials }
      return { files, profiles: listProfiles(settings, parseSharedConfig({ config: textOf(read) })) }
    },
    getConfig() {
      const { profile = {} } = sectionsOf(world.config.text())
      const off = world.off.filter((name) => name in profile)
      const faults = off.map((name) => ({ section: `aws.profile.${name}`, effect: 'off', code: 'X', message: 'wrong' }))
      return { file: config, errors: [...world.faults, ...faults], warnings: [] }
    },
  }

  /** @param typed what is typed; absent: there is no terminal */
  async function run(args: readonly string[], typed?: string[], environment: Environment = {}) {
    const seen = { printed: '', noted: '', asked: [] as string[], status: 0, failure: undefined as unknown, pauses: 0 }
    const context: CommandContext = {
      platform: 'linux',
      environment: { HOME: folder, AWS_CONFIG_FILE: aws, ...environment },
      print: (text) => {
        seen.printed += text
      },
      note: (text) => {
        seen.noted += text
      },
      show: async () => expect.unreachable(),
      hasShownOutput: true,
      commandPath: '/opt/bin/latchkey',
      daemon: { call: async (name: string, input: never) => answers[name]!(input) } as DaemonAccess,
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
      nowMs: () => world.nowMs,
      async pause() {
        seen.pauses += 1
      },
    }
    const rooms = { runDaemon: async () => 0, checkConfig: async () => 0 }
    try {
      seen.status = await runProgram(['aws', ...args], rooms, context)
    } catch (error) {
      seen.failure = error
    }
    return seen
  }
  return world
}
