import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { beforeEach, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addSshKeysCommands } from '../../../../src/helper/commands/ssh-keys.ts'
import type { StaticKeyRequest } from '../../../../src/ipc/endpoints/ssh-keys.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const { blob } = publicKeyFromKeyObject(privateKey)
const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
const encrypted = String(
  privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'right' }),
)
const stored = { name: 'mm', key: formatPublicKeyLine(blob, 'mm'), fingerprint: fingerprint(blob), isLoaded: false }

let home: string
beforeEach(() => {
  home = temporaryFolder()
  mkdirSync(join(home, '.ssh'))
})
const fileWith = (text: string, name = 'mm.pem') => {
  writeFileSync(join(home, name), text, { mode: 0o600 })
  return join(home, name)
}

interface World {
  /** What is typed. */
  lines?: string[]
  input?: string
  proof?: () => object
  list?: object
}
async function run(
  args: readonly string[],
  { lines = [], input = '', proof = () => stored, list = { keys: [] } }: World = {},
) {
  const calls: [string, { params?: object; body?: StaticKeyRequest } | undefined][] = []
  let [printed, noted] = ['', '']
  const context = {
    environment: { HOME: home },
    daemon: {
      async call(name: string, request: { params?: object; body?: StaticKeyRequest } | undefined) {
        calls.push([name, request])
        if (name === 'listSshKeys') return list
        return name === 'putSshKey' ? { ...stored, keychain: 'stub' } : proof()
      },
    },
    readInput: async () => input,
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

it('a key is handed over as PKCS #8, under the name of its file', async () => {
  const { put, printed, noted, failure } = await run(['add', fileWith(pem)])
  expect(failure).toBeUndefined()
  expect(put).toMatchObject({ params: { name: 'mm' }, body: { comment: 'mm' } })
  const der = Buffer.from(put!.body!.pkcs8, 'base64')
  expect(publicKeyFromKeyObject(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).blob).toEqual(blob)
  expect([printed, noted]).toEqual([`stored ${stored.fingerprint} as mm in the keychain (stub)\n`, ''])
})

it('settings go with it, and standard input needs a name', async () => {
  const options = ['--name', 'old', '--hosts', 'a, *.b', '--confirm', '--lifetime', '90m']
  const { put } = await run(['add', '-', ...options], { input: pem })
  expect(put).toMatchObject({
    params: { name: 'old' },
    body: { hosts: ['a', '*.b'], mustConfirm: true, lifetimeSeconds: 5400, comment: 'old' },
  })
  expect((await run(['add', '-'], { input: pem })).failure).toMatchObject({ code: 'USAGE' })
  expect((await run(['add', '-', '--name', 'x', '--delete-file'], { input: pem })).failure).toMatchObject({
    code: 'USAGE',
  })
  for (const wrong of [
    ['--lifetime', 'x'],
    ['--lifetime', '0s'],
    ['--lifetime', '366d'],
    ['--hosts', ' , '],
  ])
    expect((await run(['add', fileWith(pem), ...wrong])).failure).toMatchObject({ code: 'commander.invalidArgument' })
})

it('a passphrase is asked for three times at most, and can be cancelled', async () => {
  const file = fileWith(encrypted)
  const right = await run(['add', file], { lines: ['wrong', 'right'] })
  expect([right.failure, right.noted]).toEqual([undefined, 'the passphrase is wrong, or the key is damaged\n'])
  const wrong = await run(['add', file], { lines: ['a', 'b', 'c', 'right'] })
  expect(wrong.failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('the passphrase is wrong') })
  expect((await run(['add', file])).failure).toMatchObject({ code: 'CANCELLED' })
  expect(wrong.calls).toEqual(['listSshKeys'])
})

it('what is no key is refused in words, without its text', async () => {
  const { failure, calls } = await run(['add', fileWith('secret text')])
  expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('this is no private key') })
  expect(String(failure)).not.toContain('secret text')
  expect(calls).not.toContain('putSshKey')
})

it('the file is deleted, and what a link leads to, when the stored key has signed', async () => {
  const file = fileWith(pem)
  const link = join(home, 'link')
  symlinkSync(file, link)
  const { calls, printed } = await run(['add', link, '--name', 'mm', '--delete-file'])
  expect(calls).toEqual(['listSshKeys', 'putSshKey', 'proveSshKey'])
  expect(printed).toContain('the stored key has signed, and')
  expect([existsSync(file), existsSync(link)]).toEqual([false, false])
})

it('the file stays where the proof fails, is of another key, or the file has changed', async () => {
  const file = fileWith(pem)
  const other = formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').privateKey).blob, '')
  const proofs: (() => object)[] = [
    () => {
      throw new Error('locked')
    },
    () => ({ ...stored, key: other }),
    () => {
      writeFileSync(file, 'something else')
      return stored
    },
  ]
  for (const proof of proofs) {
    const { failure, printed } = await run(['add', file, '--delete-file'], { proof })
    expect(failure).toBeInstanceOf(Error)
    expect(printed).not.toContain('was deleted')
    expect(existsSync(file)).toBe(true)
  }
  expect(readFileSync(file, 'utf8')).toBe('something else')
})

it('a copy in ~/.ssh is warned of where it is in plaintext', async () => {
  fileWith(pem, '.ssh/id_plain')
  fileWith(encrypted, '.ssh/id_encrypted')
  fileWith('Host *\n', '.ssh/config')
  mkdirSync(join(home, '.ssh/folder'))
  const warning = `WARNING: ${join(home, '.ssh/id_plain')} has the same key without a passphrase`
  const added = await run(['add', fileWith(pem)])
  expect(added.noted).toContain(warning)
  expect(added.noted).not.toContain('id_encrypted')
  expect((await run(['list'], { list: { keys: [stored] } })).noted).toContain(warning)
})

it('the list shows where a key is, its settings and what is wrong', async () => {
  const error = { code: 'KEYCHAIN_LOCKED', message: 'the keychain is locked', hint: 'unlock it' }
  const keys = [
    { ...stored, isLoaded: true, hosts: ['a', 'b'], mustConfirm: true, lifetimeSeconds: 5400 },
    { ...stored, name: 'other', error },
  ]
  const { printed, noted } = await run(['list'], { list: { keys, strays: ['lost'] } })
  expect(printed).toMatch(/^STATIC KEY +KEY +WHERE +HOSTS/)
  expect(printed).toMatch(/mm +SHA256:\S+ +in memory +a b +each use is confirmed; stays in memory for 1h 30m\n/)
  expect(printed).toMatch(
    /other +SHA256:\S+ +in the keychain +every host\n[\s\S]*other: the keychain is locked\n +hint: unlock it\n/,
  )
  expect(noted).toMatch(/a static key lost that is not in use[\s\S]*latchkey ssh keys remove lost/)
  expect((await run(['list'])).printed).toMatch(/^there is no static key; /)
  expect(JSON.parse((await run(['list', '--json'], { list: { keys } })).printed)).toEqual({ keys })
})

it('a key is removed by its name', async () => {
  const { calls, printed } = await run(['remove', 'mm'])
  expect([calls, printed]).toEqual([['removeSshKey'], 'removed the static key mm from the keychain\n'])
})
