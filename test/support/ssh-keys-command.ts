import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { beforeEach, expect } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { CommandContext } from '../../src/helper/command-context.ts'
import { addSshKeysCommands } from '../../src/helper/commands/ssh-keys.ts'
import type { StaticKeyRequest } from '../../src/ipc/endpoints/ssh-keys.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { SshWriter } from '../../src/ssh/wire.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const { privateKey } = generateKeyPairSync('ed25519')
export const { blob } = publicKeyFromKeyObject(privateKey)
export const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
/** With the passphrase `right`. */
export const encrypted = String(
  privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'right' }),
)
/** As the daemon answers. */
export const stored = {
  name: 'mm',
  key: formatPublicKeyLine(blob, 'mm'),
  fingerprint: fingerprint(blob),
  isLoaded: false,
}

/** OpenSSH's form, which tells its public half: that of `privateKey`. No passphrase opens it. */
export const sealed = (() => {
  const kdfOptions = new SshWriter().string(Buffer.alloc(16, 1)).uint32(1).bytes()
  const writer = new SshWriter().raw(Buffer.from('openssh-key-v1\0')).string('aes256-ctr').string('bcrypt')
  const bytes = writer.string(kdfOptions).uint32(1).string(blob).string(Buffer.alloc(64, 2)).bytes()
  const base64 = Buffer.from(bytes).toString('base64')
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64}\n-----END OPENSSH PRIVATE KEY-----\n`
})()

let home: string
beforeEach(() => {
  home = temporaryFolder()
  mkdirSync(join(home, '.ssh'))
})
/** A path in the home of the running test. */
export const inHome = (name: string) => join(home, name)
export const fileWith = (text: string, name = 'mm.pem') => {
  writeFileSync(inHome(name), text, { mode: 0o600 })
  return inHome(name)
}

/** What a person and the daemon do. */
export interface World {
  /** What is typed. */
  lines?: string[]
  input?: string | Buffer
  proof?: () => object
  list?: object
  /** What the daemon answers to the check, each time. */
  check?: (request: { params: { name: string }; body: { key?: string } }) => object
  restored?: object
}
/** Runs `latchkey ssh keys …`. */
export async function runKeys(
  args: readonly string[],
  {
    lines = [],
    input = '',
    proof = () => stored,
    list = { keys: [] },
    check = () => ({ keychain: 'stub' }),
    restored,
  }: World = {},
) {
  const calls: [string, { params?: object; body?: StaticKeyRequest } | undefined][] = []
  let [printed, noted] = ['', '']
  const context = {
    environment: { HOME: home },
    daemon: {
      async call(name: string, request: { params?: object; body?: StaticKeyRequest } | undefined) {
        calls.push([name, request])
        if (name === 'listSshKeys') return list
        if (name === 'checkSshKey') return check(request as Parameters<typeof check>[0])
        if (name === 'restoreSshKeys') return restored
        return name === 'putSshKey' ? { ...stored, keychain: 'stub' } : proof()
      },
    },
    readInputBytes: async () => Buffer.from(input),
    async readLine(_prompt: string, { echo }: { echo: boolean }) {
      expect(echo).toBe(false)
      const line = lines.shift()
      return line === undefined ? undefined : new Secret(line)
    },
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
  } as unknown as CommandContext
  const ssh = new Command().exitOverride().configureOutput({ writeErr() {} })
  addSshKeysCommands(ssh, context)
  for (const command of ssh.commands[0]!.commands) command.exitOverride().configureOutput({ writeErr() {} })
  const failure: unknown = await ssh.parseAsync(['keys', ...args], { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  const body = calls.find(([name]) => name === 'putSshKey')?.[1]
  return { calls: calls.map(([name]) => name), put: body, printed, noted, failure }
}
