import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { isKeyFile, readHostKeys } from '../../../../src/helper/host-sign/host-keys.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine, plainFingerprint } from '../../../../src/ssh/public-key-line.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const pair = generateKeyPairSync('ed25519')
const lineWith = (comment: string) => formatPublicKeyLine(publicKeyFromKeyObject(pair.publicKey).blob, comment)
const line = lineWith('root@db')
const newLine = () => formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob, '')
const another = newLine()
const pem = String(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))

function contextWith({ input = '', known = '', alias = 'none' }: { input?: string; known?: string; alias?: string }) {
  const asked: string[] = []
  const file = join(temporaryFolder(), 'known_hosts')
  writeFileSync(file, known, { mode: 0o600 })
  const context = {
    environment: {},
    readInput: async () => input,
    async readProgram(program: string, args: readonly string[]) {
      asked.push(program)
      const settings = [
        'user jo',
        'hostname DB.example',
        'port 22',
        `hostkeyalias ${alias}`,
        `userknownhostsfile ${file}`,
      ]
      const found = known
        .split('\n')
        .flatMap((each, index) =>
          each.includes(args[1]!.toLowerCase()) ? [`# Host x found: line ${index + 1}`, each] : [],
        )
      const lines = program === 'ssh' ? settings : found
      return { end: { how: 'exited', status: 0 }, lines, complaint: '' }
    },
  } as unknown as CommandContext
  return { context, asked, file }
}

it('are those in a file, or in several lines of the standard input', async () => {
  const file = join(temporaryFolder(), 'key.pub')
  writeFileSync(file, `${line}\n`, { mode: 0o600 })
  expect(await readHostKeys(file, contextWith({}).context)).toEqual({ keys: [line], principals: undefined })
  const { context } = contextWith({ input: `# keys\n${line}\n\n${another}\r\n` })
  expect(await readHostKeys('-', context)).toEqual({ keys: [line, another], principals: undefined })
})

it('count once each, and none is left out in silence', async () => {
  const twice = contextWith({ input: `${lineWith('')}\n`.repeat(20) })
  expect(await readHostKeys('-', twice.context)).toMatchObject({ keys: [lineWith('')] })
  const nine = Array.from({ length: 9 }, newLine)
  const refused = { code: 'REFUSED', hint: expect.stringContaining('latchkey ssh host-sign --principals NAME -') }
  await expect(readHostKeys('-', contextWith({ input: nine.join('\n') }).context)).rejects.toMatchObject({
    ...refused,
    message: 'the standard input has 9 keys, which are not those of one host',
  })
  const known = nine.map((key) => `db.example ${key}\n`).join('')
  await expect(readHostKeys('db', contextWith({ known }).context)).rejects.toMatchObject(refused)
})

it('a file that the system does not give has a command to look at it', async () => {
  const file = join(temporaryFolder(), 'no such.pub')
  await expect(readHostKeys(file, contextWith({}).context)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`${file} is not read: ENOENT`),
    hint: `ls -l '${file}'`,
  })
})

it.each([
  ['a private key', pem],
  ['a private key', `${line}\n${pem}`],
  ['a private key', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n'],
  ['no public key', ''],
  ['no public key', `${line}\nhello\n`],
])('are refused where there is %s, and nothing of it is told', async (what, input) => {
  const refused = readHostKeys('-', contextWith({ input }).context)
  await expect(refused).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`the standard input has ${what}`),
  })
  const { message, hint } = await refused.then(
    () => expect.unreachable(),
    (error) => error,
  )
  for (const secret of pem.split('\n').slice(1, -2)) expect(message + hint).not.toContain(secret.slice(0, 12))
})

it('are not taken from a file that others could change', async () => {
  const file = join(temporaryFolder(), 'key.pub')
  writeFileSync(file, line)
  chmodSync(file, 0o666)
  await expect(readHostKeys(file, contextWith({}).context)).rejects.toMatchObject({ code: 'FILE_UNTRUSTED' })
})

it('are those that known_hosts has of a host, under its name there, and no program but ssh -G and ssh-keygen is run', async () => {
  const { context, asked } = contextWith({ known: `db.example ${lineWith('')}\n` })
  expect(await readHostKeys('db', context)).toEqual({ keys: [lineWith('')], principals: ['db.example'] })
  expect(asked).toEqual(['ssh', 'ssh-keygen'])
  const aliased = contextWith({ known: `alias.example ${lineWith('')}\n`, alias: 'alias.example' })
  expect(await readHostKeys('db', aliased.context)).toMatchObject({ principals: ['alias.example'] })
})

it.each([
  ['', 'known_hosts has no key of db.example, and what answers there is not believed'],
  [`@revoked db.example ${lineWith('')}\ndb.example ${lineWith('')}\n`, 'known_hosts has no key of db.example'],
  [`@cert-authority db.example ${lineWith('')}\n`, 'known_hosts has a CA for db.example, and no key of its own'],
])('of a host that is not known by a key of its own none is asked for: %j', async (known, message) => {
  await expect(readHostKeys('db', contextWith({ known }).context)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(
      'cat /etc/ssh/ssh_host_ed25519_key.pub | latchkey ssh host-sign --principals db.example -',
    ),
  })
})

it('are not several of one type, of which a host has one: which is not guessed', async () => {
  const known = [lineWith(''), another, lineWith('')].map((key) => `db.example ${key}\n`).join('')
  const { context, file } = contextWith({ known })
  const [one, other] = [lineWith(''), another].map((key) => plainFingerprint(parsePublicKeyLine(key).blob))
  await expect(readHostKeys('db', context)).rejects.toMatchObject({
    code: 'REFUSED',
    message: `known_hosts, for db.example, has several keys of one type: ${one} (ssh-ed25519, ${file}:1), ${other} (ssh-ed25519, ${file}:2)`,
    hint: "see which is the host's, on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; then take the lines of the others out",
  })
  const revoked = contextWith({ known: `${known}@revoked db.example ${another}\n` })
  expect(await readHostKeys('db', revoked.context)).toMatchObject({ keys: [lineWith('')] })
})

it('are not taken from a known_hosts that others could change', async () => {
  const { context, file } = contextWith({ known: `db.example ${line}\n` })
  chmodSync(file, 0o666)
  await expect(readHostKeys('db', context)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(file),
    hint: `chmod o-w ${file}`,
  })
})

it.each([
  ['./key', true],
  ['/etc/ssh/key', true],
  ['key.pub', true],
  ['db', false],
  ['jo@db', false],
  ['ssh://jo@db:2222', false],
])('are those of a file for %s: %s', (from, expected) => expect(isKeyFile(from)).toBe(expected))
