import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { runProgram } from '../../../../src/helper/command-line.ts'
import type { NoInstanceKeys } from '../../../../src/ipc/endpoints/aws-instances.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const newBlob = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const [own, other] = [newBlob(), newBlob()]
const line = (blob: Uint8Array) => formatPublicKeyLine(blob, '')
const instance = 'i-0123456789abcdef0'
const shown = {
  type: 'shown' as const,
  region: 'eu-west-1',
  names: ['web.example.com', '10.0.0.1'],
  keys: [{ line: line(own), bits: 256, fingerprint: fingerprint(own) }],
  former: [] as string[],
  unreadable: 0,
}
const heading = `the console of ${instance} in eu-west-1 shows the host keys
  ssh-ed25519 256 ${fingerprint(own)}
for web.example.com, 10.0.0.1
`

let home: string
let file: string
beforeEach(() => {
  home = temporaryFolder()
  file = join(home, '.ssh', 'known_hosts')
})

interface Scene {
  args?: readonly string[]
  answer?: typeof shown | NoInstanceKeys
  /** Absent: all is on a terminal. */
  output?: 'elsewhere' | 'closed'
  /** What is typed; absent: there is no terminal. */
  typed?: string
  /** Done while the person reads. */
  meanwhile?: () => void
  /** Lines of `ssh -G` beside the usual ones. */
  ssh?: string
}

async function trust({ args = [], answer = shown, output, typed, meanwhile, ssh = '' }: Scene = {}) {
  const seen = {
    printed: '',
    noted: '',
    asked: [] as string[],
    calls: [] as unknown[],
    ssh: [] as string[],
    failure: undefined as unknown,
  }
  const context = {
    environment: { HOME: home },
    daemon: {
      async call(name: string, { body }: { body: object }) {
        seen.calls.push([name, body])
        return answer
      },
    },
    print: (text: string) => (seen.printed += text),
    async show(text: string) {
      if (output === 'closed') throw new Error('closed')
      seen.printed += text
    },
    hasShownOutput: output === undefined,
    note: (text: string) => (seen.noted += text),
    hasTypedInput: typed !== undefined,
    async readLine(prompt: string) {
      seen.asked.push(prompt)
      meanwhile?.()
      return new Secret(typed!)
    },
    async readProgram(program: string, programArgs: readonly string[]) {
      seen.ssh.push([program, ...programArgs].join(' '))
      const usual = `user jo\nhostname x\nport 22\nuserknownhostsfile ${file} ${file}2\n`
      return { end: { how: 'exited', status: 0 }, lines: `${ssh}${usual}`.split('\n'), complaint: '' }
    },
  } as unknown as CommandContext
  const failed = await runProgram(['ssh', 'trust', instance, '--profile', 'dev', ...args], {} as never, context).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { ...seen, failure: failed }
}

const written = () => readFileSync(file, 'utf8')
const write = (text: string | Buffer, mode = 0o600) => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode })
}
const both = `web.example.com ${line(own)}\n10.0.0.1 ${line(own)}\n`

it('shows the keys, asks, and pins them in a file that nobody else reads', async () => {
  const { printed, asked, failure, calls, noted, ssh } = await trust({ typed: 'y' })
  expect(failure).toBeUndefined()
  expect(calls).toEqual([['readInstanceKeys', { profile: 'dev', instance }]])
  expect(ssh).toEqual(['ssh -G -p 22 -- web.example.com', 'ssh -G -p 22 -- 10.0.0.1'])
  expect(asked).toEqual([`trust this key from now on, in ${file}? (y/N): `])
  expect(printed).toBe(`${heading}${file} has 2 new lines\n`)
  expect(noted).toBe('')
  expect(written()).toBe(both)
  expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700])
  expect(readdirSync(dirname(file))).toEqual(['known_hosts'])
})

it('changes nothing without a yes, or without a terminal', async () => {
  write('# mine\n')
  expect((await trust({ typed: '' })).failure).toMatchObject({ code: 'CANCELLED', message: 'nothing was changed' })
  const { failure, printed } = await trust()
  expect(failure).toMatchObject({
    code: 'USAGE',
    hint: `look at it, then: latchkey ssh trust ${instance} --profile dev --region eu-west-1 --yes`,
  })
  expect(printed).toBe(heading)
  expect(written()).toBe('# mine\n')
})

it('asks nobody with --yes, or where all is there already', async () => {
  write(`# mine\nweb.example.com ${line(own)}`)
  const { printed, asked } = await trust({ args: ['--yes'] })
  expect(asked).toEqual([])
  expect(printed).toBe(`${heading}${file} has 1 new line, and had the other 1 already\n`)
  expect(written()).toBe(`# mine\n${both}`)
  const mtime = statSync(file).mtimeMs
  expect(await trust()).toMatchObject({ failure: undefined, printed: `${heading}${file} has them all already\n` })
  expect(statSync(file).mtimeMs).toBe(mtime)
})

it('pins nothing that could not be shown', async () => {
  expect((await trust({ args: ['--yes'], output: 'closed' })).failure).toMatchObject({ message: 'closed' })
  expect(existsSync(file)).toBe(false)
})

it('has in the question what it is about, where the output goes elsewhere', async () => {
  const answer = { ...shown, former: ['SHA256:former'] }
  const { asked, printed } = await trust({ typed: 'y', answer, output: 'elsewhere' })
  expect(asked).toEqual([
    `${heading}before these it has shown others, which are not trusted: SHA256:former\ntrust this key from now on, in ${file}? (y/N): `,
  ])
  expect(printed).toBe(`${heading}${file} has 2 new lines\n`)
})

it('names the whole command that is to be run again', async () => {
  const args = ['--hosts', 'web,[web]:2222', '--yes', '--region', 'eu-west-1']
  const { failure } = await trust({ args, answer: { type: 'not-shown', region: 'eu-west-1', why: 'blank' } })
  expect(failure).toMatchObject({
    hint: `wait some minutes, then: latchkey ssh trust ${instance} --profile dev --region eu-west-1 --hosts 'web,[web]:2222' --yes`,
  })
})

it('takes the names of --hosts, and the region of --region', async () => {
  const { calls } = await trust({ args: ['--yes', '--hosts', 'Bastion,[bastion]:2222', '--region', 'us-east-1'] })
  expect(calls).toMatchObject([['readInstanceKeys', { region: 'us-east-1' }]])
  expect(written()).toBe(`bastion ${line(own)}\n[bastion]:2222 ${line(own)}\n`)
})

it('says what a person should know first', async () => {
  const answer = { ...shown, former: ['SHA256:former'], unreadable: 2 }
  const { noted } = await trust({ args: ['--yes'], answer, ssh: 'hostkeyalias web\n' })
  expect(noted).toBe(
    [
      'before these it has shown others, which are not trusted: SHA256:former',
      '2 more lines are no key that can be read, and left out',
      'ssh looks for web.example.com as web (HostKeyAlias): --hosts web',
      'ssh looks for 10.0.0.1 as web (HostKeyAlias): --hosts web',
      '',
    ].join('\n'),
  )
  expect((await trust({ args: ['--yes', '--hosts', 'a'], ssh: 'userknownhostsfile /dev/null\n' })).noted).toBe(
    `ssh does not look for a in ${file}, but in /dev/null (UserKnownHostsFile)\n`,
  )
})

it.each([
  ['WEB', 'ssh looks for [web]:2222 as WEB (HostKeyAlias): --hosts WEB\n'],
  ['[WEB]:2222', ''],
])('says that the alias %s has no port, though it is the name of the host', async (alias, said) => {
  const args = ['--yes', '--hosts', '[web]:2222']
  expect((await trust({ args, ssh: `hostkeyalias ${alias}\n` })).noted).toBe(said)
})

it('refuses a machine without a name, unless it is told one', async () => {
  const answer = { ...shown, names: [] }
  expect((await trust({ args: ['--yes'], answer })).failure).toMatchObject({
    code: 'REFUSED',
    hint: `latchkey ssh trust ${instance} --profile dev --region eu-west-1 --yes --hosts NAME`,
  })
  expect((await trust({ args: ['--yes', '--hosts', 'web'], answer })).failure).toBeUndefined()
})

it('refuses names that have other keys, with the lines and what to run', async () => {
  write(`web.example.com ${line(other)}\n10.0.0.1 ${line(other)}\n`)
  const { failure, asked } = await trust({ typed: 'y' })
  expect(asked).toEqual([])
  expect(failure).toMatchObject({
    code: 'REFUSED',
    message: `${file}:1 has another key for web.example.com; ${file}:2 has another key for 10.0.0.1`,
    hint: `where another machine had the name: ssh-keygen -R web.example.com -f ${file}; or --hosts OTHER,NAMES`,
  })
  for (const shared of [
    `web.example.com ${line(other)}\n10.0.0.1,db ${line(other)}\n`,
    `10.0.0.1,db ${line(own)}\n10.0.0.1 ${line(other)}\n`,
  ]) {
    write(shared)
    expect((await trust({ typed: 'y' })).failure).toMatchObject({
      hint: 'where another machine had the name: take 10.0.0.1 out of line 2 by hand, for ssh-keygen -R would take other names along; or --hosts OTHER,NAMES',
    })
  }
  write(`web.example.com,10.0.0.1 ${line(other)}\n`)
  expect((await trust({ typed: 'y' })).failure).toMatchObject({
    hint: `where another machine had the name: ssh-keygen -R web.example.com -f ${file}; or --hosts OTHER,NAMES`,
  })
  write(`*.example.com ${line(other)}\n`)
  expect((await trust({ typed: 'y' })).failure).toMatchObject({
    hint: 'line 1 is about more names than this one: correct it; or --hosts OTHER,NAMES',
  })
  write(`@revoked * ${line(own)}\n`)
  expect((await trust({ typed: 'y' })).failure).toMatchObject({
    code: 'REFUSED',
    message: `${file}:1 says that one of these keys is revoked`,
  })
})

it('refuses names that have other keys in another file that ssh reads', async () => {
  mkdirSync(dirname(file), { recursive: true })
  const second = `${file}2`
  writeFileSync(second, `# two\nweb.example.com ${line(own)}\n10.0.0.1 ${line(other)}\n`)
  expect(await trust({ typed: 'y' })).toMatchObject({
    asked: [],
    failure: { code: 'REFUSED', message: `${second}:3 has another key for 10.0.0.1` },
  })
  expect((await trust({ args: ['--yes', '--hosts', 'web.example.com'] })).failure).toBeUndefined()
  writeFileSync(second, `@revoked * ${line(own)}\n`)
  expect((await trust({ typed: 'y' })).failure).toMatchObject({
    message: `${second}:1 says that one of these keys is revoked`,
  })
  rmSync(second)
  mkdirSync(second)
  const { noted, failure } = await trust({ args: ['--yes'] })
  expect(failure).toBeUndefined()
  expect(noted).toBe(`not looked at: ${second} is a folder, not a regular file\n`)
})

it('looks again after the answer: another ssh may have written a key meanwhile', async () => {
  write('')
  const meanwhile = () => write(`web.example.com ${line(other)}\n`)
  expect((await trust({ typed: 'y', meanwhile })).failure).toMatchObject({
    code: 'REFUSED',
    message: `${file}:1 has another key for web.example.com`,
  })
  expect(written()).toBe(`web.example.com ${line(other)}\n`)
})

it('changes the file behind a link, and not a byte of what is there', async () => {
  const target = join(home, 'dotfiles-known_hosts')
  const before = Buffer.from([0xff, 0x0d, 0x0a, 0x09, 0x00, 0xc3])
  writeFileSync(target, before, { mode: 0o640 })
  mkdirSync(dirname(file), { mode: 0o700 })
  symlinkSync('../dotfiles-known_hosts', file)
  expect((await trust({ args: ['--yes'] })).failure).toBeUndefined()
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect(readFileSync(target)).toEqual(Buffer.concat([before, Buffer.from(`\n${both}`)]))
  expect(statSync(target).mode & 0o777).toBe(0o640)
})

it('refuses a file that is read-only, no file, or another’s to change, before it asks', async () => {
  write('# mine\n', 0o400)
  expect(await trust({ typed: 'y' })).toMatchObject({
    asked: [],
    failure: { code: 'REFUSED', message: `${file} is write-protected, and is not edited`, hint: `ls -l ${file}` },
  })
  chmodSync(file, 0o666)
  expect((await trust({ typed: 'y' })).failure).toMatchObject({ code: 'REFUSED' })
  expect(written()).toBe('# mine\n')
  rmSync(file)
  mkdirSync(file)
  expect((await trust({ args: ['--yes'] })).failure).toMatchObject({ code: 'REFUSED' })
})

it('looks through a large file of hashed names once, and says so', async () => {
  const one = `|1|${Buffer.alloc(20).toString('base64')}|${Buffer.alloc(20).toString('base64')} ${line(other)}\n`
  write(one.repeat(50_001))
  const { noted, printed, failure } = await trust({ args: ['--yes'] })
  expect(failure).toBeUndefined()
  expect(noted).toBe(`looking for 2 names in 50001 hashed lines of ${file}\n`)
  expect(printed).toContain('has 2 new lines\n')
  write(one)
  expect((await trust({ args: ['--yes'] })).noted).toBe('')
})
