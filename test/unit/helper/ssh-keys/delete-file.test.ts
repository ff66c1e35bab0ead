import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { noteDeletion } from '../../../../src/helper/ssh-keys/begun-deletions.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { fileWith, inHome, pem, runKeys, stored } from '../../../support/ssh-keys-command.ts'

const add = (file: string, proof: () => object = () => stored) =>
  runKeys(['add', file, '--name', 'mm', '--delete-file'], { proof })
/** The same for a file that something happens to before it is deleted. */
async function addMeanwhile(change: (file: string) => void, more: object = {}) {
  const file = fileWith(pem)
  const result = await add(file, () => {
    change(file)
    return { ...stored, ...more }
  })
  return { file, ...result }
}
const other = generateKeyPairSync('ed25519').privateKey
const otherPem = String(other.export({ format: 'pem', type: 'pkcs8' }))

it('what a link leads to is deleted, and each link that leads nowhere then is named', async () => {
  const file = fileWith(pem)
  mkdirSync(inHome('real'))
  renameSync(file, inHome('real/key'))
  symlinkSync(inHome('real'), inHome('folder'))
  symlinkSync('folder/key', inHome('inner'))
  symlinkSync(inHome('inner'), inHome('outer'))
  const { printed, noted, failure } = await add(inHome('outer'))
  expect(failure).toBeUndefined()
  expect(printed).toContain(`the stored key has signed, and ${inHome('real/key')} was deleted`)
  expect(noted).toBe(
    ['outer', 'inner']
      .map((name) => `${inHome(name)} was a link to it, and leads nowhere now\nhint: rm ${inHome(name)}\n`)
      .join(''),
  )
  expect([existsSync(inHome('real/key')), lstatSync(inHome('outer')).isSymbolicLink()]).toEqual([false, true])
  expect(readdirSync(inHome('real'))).toEqual([])
})

it('the other names of a file are told of, and the file is what they still name', async () => {
  const file = fileWith(pem)
  linkSync(file, inHome('second'))
  const { ino } = statSync(file)
  const { noted, printed } = await add(file)
  expect(printed).toContain('was deleted')
  expect(noted).toContain(`still has another name (hard links), and the key is in it\nhint: find / -inum ${ino} `)
  expect([existsSync(file), readFileSync(inHome('second'), 'utf8')]).toEqual([false, pem])
})

it.each<[string, (file: string) => void]>([
  ['written anew', (file) => writeFileSync(file, 'something else')],
  [
    'replaced',
    (file) => {
      writeFileSync(`${file}.new`, otherPem)
      renameSync(`${file}.new`, file)
    },
  ],
  [
    'replaced by a link',
    (file) => {
      rmSync(file)
      symlinkSync(fileWith(pem, 'elsewhere'), file)
    },
  ],
  [
    'replaced by a folder',
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
  ],
])('a file that was %s meanwhile stays', async (_, change) => {
  let changed = ''
  const { file, failure, printed } = await addMeanwhile((path) => {
    change(path)
    changed = JSON.stringify([lstatSync(path).ino, lstatSync(path).mode])
  })
  expect(failure).toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`${file} was left: it is not the`),
  })
  expect(printed).not.toContain('was deleted')
  expect(JSON.stringify([lstatSync(file).ino, lstatSync(file).mode])).toBe(changed)
  expect(readdirSync(inHome('.')).filter((name) => name.includes('.deleted-'))).toEqual([])
})

it('a file that is gone meanwhile is said to be, as where two commands delete it', async () => {
  const { failure } = await addMeanwhile((file) => rmSync(file))
  expect(failure).toMatchObject({ message: expect.stringContaining('it is not there any more') })
})

it('a file stays where another key has come to the name', async () => {
  const key = formatPublicKeyLine(publicKeyFromKeyObject(other).blob, '')
  const { file, failure } = await addMeanwhile(() => {}, { key })
  expect(failure).toMatchObject({ message: expect.stringContaining('another key was stored meanwhile') })
  expect(existsSync(file)).toBe(true)
})

it('a file with more in it than the key is not stored at all', async () => {
  const file = fileWith(`${pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)
  const { failure, calls } = await add(file)
  expect(failure).toMatchObject({ message: expect.stringContaining('there is more in it than the key') })
  expect([existsSync(file), calls.includes('putSshKey')]).toEqual([true, false])
})

it.skipIf(process.getuid!() === 0)('a file in a folder that cannot be changed is not stored at all', async () => {
  mkdirSync(inHome('fixed'))
  const file = fileWith(pem, 'fixed/key')
  chmodSync(inHome('fixed'), 0o500)
  const { failure, calls } = await add(file)
  chmodSync(inHome('fixed'), 0o700)
  expect(failure).toMatchObject({ message: expect.stringContaining('nothing was stored: EACCES') })
  expect(calls).not.toContain('putSshKey')
})

describe('a deletion that a kill has ended', () => {
  const environment = () => ({ environment: { HOME: inHome('.') } })
  const notes = () => readdirSync(inHome('.local/state/latchkey'))
  const list = { keys: [stored] }
  /** As it is between the new name and the removal. */
  async function killed(content: string) {
    mkdirSync(inHome('far'))
    const [path, aside] = [inHome('far/mm'), inHome('far/mm.deleted-0')]
    writeFileSync(aside, content)
    const digest = createHash('sha256').update(pem).digest('hex')
    await noteDeletion({ path, aside, name: 'mm', digest }, environment())
    return { path, aside }
  }

  it('is told of by `add` and `list`, with the command that ends it', async () => {
    const { path, aside } = await killed(pem)
    const warning = `WARNING: ${path} was not deleted to the end: it is ${aside} now, with the key\nhint: latchkey ssh keys add --name mm --delete-file ${aside}\n`
    expect((await runKeys(['list'], { list })).noted).toBe(warning)
    expect((await runKeys(['add', fileWith(pem), '--name', 'mm'])).noted).toBe(warning)
    expect((await add(aside)).noted).toBe('')
    expect(notes()).toEqual([])
  })

  it('is told of once where the file lay in ~/.ssh', async () => {
    const aside = fileWith(pem, '.ssh/id.deleted-0')
    await noteDeletion({ path: inHome('.ssh/id'), aside, name: 'mm', digest: 'other' }, environment())
    expect((await runKeys(['list'], { list })).noted.match(/WARNING/g)).toHaveLength(1)
  })

  it('of a file that was another one already gives that its name back', async () => {
    const { path, aside } = await killed('a letter')
    expect((await runKeys(['list'], { list })).noted).toBe(
      `WARNING: what has come to the place of ${path} while that was deleted is ${aside} now\nhint: mv -n ${aside} ${path}\n`,
    )
    renameSync(aside, path)
    expect((await runKeys(['list'], { list })).noted).toBe('')
    expect(notes()).toEqual([])
  })

  it('on a disk that is away is told of when that is back', async () => {
    await killed(pem)
    renameSync(inHome('far'), inHome('away'))
    expect((await runKeys(['list'], { list })).noted).toBe('')
    renameSync(inHome('away'), inHome('far'))
    expect((await runKeys(['list'], { list })).noted).toContain('was not deleted to the end')
  })

  it('is not begun where it could not be told of', async () => {
    writeFileSync(inHome('.local'), '')
    const file = fileWith(pem)
    const { failure } = await add(file)
    expect(failure).toMatchObject({ message: expect.stringContaining(`${file} was left: ENOTDIR`) })
    expect(existsSync(file)).toBe(true)
  })
})
