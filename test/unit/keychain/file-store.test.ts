import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createFileKeychain } from '../../../src/keychain/file-store.ts'
import { bundle } from '../../support/bundle.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const cost = { n: 16, r: 1, p: 1 }
const clock = fakeClock()

function openedAt(path: string, passphrase = 'pass') {
  let asked = 0
  const keychain = createFileKeychain({
    path,
    clock,
    cost,
    passphrase: async () => {
      asked += 1
      return new Secret(passphrase)
    },
  })
  return { ...keychain, asked: () => asked }
}

it('keeps, replaces, lists and removes items, and so does the next to open it', async () => {
  const path = join(temporaryFolder(), 'state', 'keychain')
  const first = openedAt(path)
  await first.set('b', new Secret('1'))
  await first.set('a', new Secret(''))
  await first.set('b', new Secret('2'))
  const second = openedAt(path)
  expect((await second.get('b'))?.expose()).toBe('2')
  expect((await second.get('a'))?.expose()).toBe('')
  expect(await second.list()).toEqual(['a', 'b'])
  expect(await second.delete('b')).toBe(true)
  expect(await second.delete('b')).toBe(false)
  expect(await first.get('b')).toBeUndefined()
  expect(first.description).toBe(`file ${path}`)
})

it('writes a file for its owner alone, and nothing beside it', async () => {
  const folder = temporaryFolder()
  await openedAt(join(folder, 'keychain')).set('a', new Secret('1'))
  expect(statSync(join(folder, 'keychain')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['keychain'])
})

it('has no items where there is no file, and asks for no passphrase then', async () => {
  const folder = temporaryFolder()
  const keychain = openedAt(join(folder, 'keychain'))
  expect(await keychain.get('a')).toBeUndefined()
  expect(await keychain.list()).toEqual([])
  expect(await keychain.delete('a')).toBe(false)
  expect(keychain.asked()).toBe(0)
  expect(readdirSync(folder)).toEqual([])
})

it('derives its key once, however often and by however many it is used', async () => {
  const path = join(temporaryFolder(), 'keychain')
  await openedAt(path).set('a', new Secret('1'))
  const keychain = openedAt(path)
  await Promise.all([keychain.get('a'), keychain.list(), keychain.get('b'), keychain.set('b', new Secret('2'))])
  await keychain.get('b')
  expect(keychain.asked()).toBe(1)
})

it('loses no write of two that are open at once', async () => {
  const path = join(temporaryFolder(), 'keychain')
  const [one, two] = [openedAt(path), openedAt(path)]
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      await one.set(`one/${index}`, new Secret('1'))
      await two.set(`two/${index}`, new Secret('2'))
    }),
  )
  expect(await one.list()).toHaveLength(20)
})

it('loses no write of another process', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'state', 'keychain')
  const program = bundle(
    folder,
    `import { createFileKeychain } from './src/keychain/file-store.ts'
     import { createSystemClock } from './src/core/time/clock.ts'
     import { Secret } from './src/core/secret.ts'
     const clock = createSystemClock(process.uptime)
     const [, , path, name] = process.argv
     const keychain = createFileKeychain({ path, clock, cost: ${JSON.stringify(cost)}, passphrase: async () => new Secret('pass') })
     const fill = async () => { for (let i = 0; i < 15; i += 1) await keychain.set(name + i, new Secret('x')) }
     void fill()`,
  )
  const children = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'inherit', 'inherit'] }),
  )
  expect(await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))).toEqual([0, 0, 0])
  expect(await openedAt(path).list()).toHaveLength(45)
})

it('keeps whatever it has said it stored, however often its process is killed', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'keychain')
  const program = bundle(
    folder,
    `import { createFileKeychain } from './src/keychain/file-store.ts'
     import { createSystemClock } from './src/core/time/clock.ts'
     import { Secret } from './src/core/secret.ts'
     const clock = createSystemClock(process.uptime)
     const [, , path, name] = process.argv
     const keychain = createFileKeychain({ path, clock, cost: { n: 16, r: 1, p: 1 }, passphrase: async () => new Secret('pass') })
     const store = async () => {
       for (let count = 1; ; count += 1) {
         await keychain.set(name, new Secret(String(count)))
         process.stdout.write(count + '\\n')
       }
     }
     void store()`,
  )
  const stored = new Map<string, number>()
  for (let round = 0; round < 4; round += 1) {
    const writers = [`a${round}`, `b${round}`].map((name) => {
      const child = spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
      child.stdout.on('data', (lines) => stored.set(name, Number(String(lines).trimEnd().split('\n').at(-1))))
      return child
    })
    // In the middle of the next write, wherever that is.
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'data')))
    for (const writer of writers) writer.kill('SIGKILL')
    await Promise.all(writers.map((writer) => once(writer, 'close')))
  }
  const keychain = openedAt(path)
  expect(stored.size).toBe(8)
  for (const [name, count] of stored) {
    expect(Number((await keychain.get(name))?.expose()), name).toBeGreaterThanOrEqual(count)
  }
})

it('sees a file that was put in its place, with another salt', async () => {
  const folder = temporaryFolder()
  const [path, other] = [join(folder, 'keychain'), join(folder, 'other')]
  const keychain = openedAt(path)
  await keychain.set('a', new Secret('old'))
  await openedAt(other).set('a', new Secret('restored'))
  writeFileSync(path, readFileSync(other))
  expect((await keychain.get('a'))?.expose()).toBe('restored')
})

it('never overwrites a damaged file, and says what to do', async () => {
  const path = join(temporaryFolder(), 'keychain')
  const keychain = openedAt(path)
  await keychain.set('a', new Secret('hunter2'))
  const damaged = readFileSync(path, 'utf8').slice(0, -30)
  writeFileSync(path, damaged)
  for (const attempt of [
    () => keychain.get('a'),
    () => keychain.set('b', new Secret('2')),
    () => keychain.delete('a'),
    () => keychain.list(),
    () => openedAt(path).set('c', new Secret('3')),
  ]) {
    await expect(attempt()).rejects.toMatchObject({
      code: 'KEYCHAIN_CORRUPT',
      message: expect.stringContaining(path),
      hint: expect.stringContaining(`mv ${path} ${path}.damaged`),
    })
  }
  expect(readFileSync(path, 'utf8')).toBe(damaged)
})

it('treats an empty file as damaged, not as an empty keychain', async () => {
  const path = join(temporaryFolder(), 'keychain')
  writeFileSync(path, '', { mode: 0o600 })
  await expect(openedAt(path).set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_CORRUPT' })
  expect(readFileSync(path, 'utf8')).toBe('')
})

it('says that a passphrase is wrong, changes nothing, and asks for it again', async () => {
  const path = join(temporaryFolder(), 'keychain')
  await openedAt(path, 'right').set('a', new Secret('1'))
  const before = readFileSync(path, 'utf8')
  const answers = ['wrong', 'wrong', 'right']
  const keychain = createFileKeychain({ path, clock, passphrase: async () => new Secret(answers.shift()!) })
  await expect(keychain.get('a')).rejects.toMatchObject({
    code: 'KEYCHAIN_LOCKED',
    message: `the keychain file ${path} has another passphrase`,
  })
  await expect(keychain.set('a', new Secret('2'))).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect(readFileSync(path, 'utf8')).toBe(before)
  expect((await keychain.get('a'))?.expose()).toBe('1')
})

it('tells a passphrase that cannot be read from a wrong one', async () => {
  const path = join(temporaryFolder(), 'keychain')
  let isBroken = true
  const keychain = createFileKeychain({
    path,
    clock,
    cost,
    passphrase: async () => {
      if (isBroken) throw new Error('no passphrase')
      return new Secret('pass')
    },
  })
  await expect(keychain.set('a', new Secret('1'))).rejects.toThrow('cannot write')
  isBroken = false
  await keychain.set('a', new Secret('1'))
})

it('leaves a file of a newer version alone', async () => {
  const path = join(temporaryFolder(), 'keychain')
  const newer = '{"format":"latchkey-keychain","version":2}\n'
  writeFileSync(path, newer, { mode: 0o600 })
  await expect(openedAt(path).set('a', new Secret('1'))).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    hint: 'update latchkey',
  })
  expect(readFileSync(path, 'utf8')).toBe(newer)
})

it('refuses a file that others can read, and says how to mend it', async () => {
  const path = join(temporaryFolder(), 'keychain')
  const keychain = openedAt(path)
  await keychain.set('a', new Secret('1'))
  chmodSync(path, 0o644)
  await expect(keychain.get('a')).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message: `${path} can be read by others (mode 644)`,
    hint: `chmod 600 ${path}`,
  })
  chmodSync(path, 0o600)
  expect((await keychain.get('a'))?.expose()).toBe('1')
})

it('replaces the file behind a link, not the link', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'synced'))
  await openedAt(join(folder, 'synced', 'keychain')).set('a', new Secret('1'))
  symlinkSync(join(folder, 'synced', 'keychain'), join(folder, 'keychain'))
  await openedAt(join(folder, 'keychain')).set('b', new Secret('2'))
  expect(await openedAt(join(folder, 'synced', 'keychain')).list()).toEqual(['a', 'b'])
})

it('says so where it cannot write or read', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'taken'), '')
  const below = openedAt(join(folder, 'taken', 'keychain'))
  await expect(below.set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  await expect(below.get('a')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
  await expect(openedAt(folder).get('a')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
})

it('shows no secret in its errors', async () => {
  const path = join(temporaryFolder(), 'keychain')
  await openedAt(path, 'hunter1').set('a', new Secret('hunter2'))
  const failureOf = (passphrase: string) =>
    openedAt(path, passphrase)
      .get('a')
      .then(
        () => 'no failure',
        (error: unknown) => inspect(error, { depth: 10 }),
      )
  const wrong = await failureOf('hunter3')
  writeFileSync(path, `${readFileSync(path, 'utf8')}x`)
  const damaged = await failureOf('hunter1')
  expect(wrong).toContain('KEYCHAIN_LOCKED')
  expect(damaged).toContain('KEYCHAIN_CORRUPT')
  expect(wrong + damaged).not.toMatch(/hunter/)
})

it('waits for no pipe, and reads nothing without an end, in the place of the file', async () => {
  const path = join(temporaryFolder(), 'keychain')
  execFileSync('mkfifo', [path])
  const pipe = { code: 'KEYCHAIN_UNAVAILABLE', message: `${path} is a pipe, not a regular file` }
  await expect(openedAt(path).list()).rejects.toMatchObject(pipe)
  await expect(openedAt(path).set('a', new Secret('1'))).rejects.toMatchObject(pipe)
  await expect(openedAt('/dev/zero').list()).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
})

it('neither reads nor writes in a folder that others can change', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'keychain')
  await openedAt(path).set('a', new Secret('1'))
  chmodSync(folder, 0o757)
  const error = { code: 'KEYCHAIN_UNAVAILABLE', message: expect.stringContaining('757'), hint: `chmod o-w ${folder}` }
  await expect(openedAt(path).get('a')).rejects.toMatchObject(error)
  await expect(openedAt(path).set('a', new Secret('2'))).rejects.toMatchObject(error)
  await expect(openedAt(join(folder, 'new', 'keychain')).set('a', new Secret('2'))).rejects.toMatchObject(error)
  expect(readdirSync(folder)).toEqual(['keychain'])
})

it('does not wait for ever for a writer that was stopped', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'keychain')
  mkdirSync(join(folder, '.keychain.lock'))
  const writer = createServer().listen(join(folder, '.keychain.lock', 'a'))
  onTestFinished(() => void writer.close())
  await once(writer, 'listening')
  const passphrase = async () => new Secret('pass')
  const keychain = createFileKeychain({ path, passphrase, clock, cost })
  const refused = expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject({
    code: 'KEYCHAIN_TIMEOUT',
    message: `the keychain file ${path} cannot be written: another process has held ${folder}/.keychain.lock for 10 s`,
    hint: expect.stringContaining('ps x'),
  })
  await once(writer, 'connection')
  clock.advance(10_000)
  await refused
  expect(await keychain.list()).toEqual([])
})
