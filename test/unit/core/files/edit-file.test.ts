import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { editTextFile } from '../../../../src/core/files/edit-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const options = { maxBytes: 100, isTrusted: true }
const add = (more: string) => (text: string) => `${text}${more}`

describe('an edit of a text file', () => {
  it('keeps its permissions, and leaves nothing beside it', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config')
    writeFileSync(path, '\uFEFFold', { mode: 0o640 })
    expect(await editTextFile(path, add(' new'), options)).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('\uFEFFold new')
    expect(statSync(path).mode & 0o7777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['config'])
  })

  it('keeps what is no UTF-8 byte for byte, where each character is a byte', async () => {
    const path = join(temporaryFolder(), 'known_hosts')
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0d, 0x0a])
    writeFileSync(path, bytes)
    await expect(editTextFile(path, add('+'), options)).rejects.toMatchObject({ code: 'FILE_NOT_EDITABLE' })
    expect(await editTextFile(path, add('+'), { ...options, encoding: 'latin1' })).toBe(true)
    expect(readFileSync(path)).toEqual(Buffer.concat([bytes, Buffer.from('+')]))
  })

  it('removes what a command that was killed while it waited has left beside it', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config')
    mkdirSync(join(folder, '.config.lock.aBc123'))
    await editTextFile(path, add('new'), options)
    expect(readdirSync(folder)).toEqual(['config'])
  })

  it('finds out whether it can be made, and writes nothing, as a trial', async () => {
    const path = join(temporaryFolder(), 'config')
    writeFileSync(path, 'old')
    const attempt = () => editTextFile(path, add('new'), { ...options, isTrial: true })
    expect(await attempt()).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('old')
    chmodSync(path, 0o400)
    await expect(attempt()).rejects.toMatchObject({ code: 'FILE_NOT_EDITABLE' })
  })

  it('follows a link, which stays', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'dotfiles'))
    const [link, target] = [join(folder, 'config'), join(folder, 'dotfiles', 'aws')]
    writeFileSync(target, 'old', { mode: 0o600 })
    symlinkSync('dotfiles/aws', link)
    await editTextFile(link, add('+'), options)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(target, 'utf8')).toBe('old+')
  })

  it('makes a missing file and its folder for the user alone', async () => {
    const path = join(temporaryFolder(), '.aws', 'config')
    await editTextFile(path, add('new'), options)
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect([statSync(path), statSync(join(path, '..'))].map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o700])
  })

  it('writes nothing where nothing changes, and where the edit throws', async () => {
    const path = join(temporaryFolder(), 'config')
    writeFileSync(path, 'old')
    const { ino } = statSync(path)
    expect(await editTextFile(path, (text) => text, options)).toBe(false)
    const fail = () => {
      throw new Error('no')
    }
    await expect(editTextFile(path, fail, options)).rejects.toThrow('no')
    expect(statSync(path).ino).toBe(ino)
  })

  it('loses nothing of many at once', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config')
    const letters = 'abcdefghijklmnop'.split('')
    await Promise.all(letters.map((letter) => editTextFile(path, add(letter), options)))
    expect(readFileSync(path, 'utf8').split('').sort()).toEqual(letters)
    expect(readdirSync(folder)).toEqual(['config'])
  })

  it('takes a file that has come a moment after it was looked for', async () => {
    const path = join(temporaryFolder(), 'config')
    const edited = editTextFile(path, add(' new'), options)
    // What has been begun goes on meanwhile, and nobody here hears of it yet.
    execFileSync('true')
    writeFileSync(path, 'old', { mode: 0o600 })
    expect(await edited).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('old new')
  })

  it('keeps what an editor saves meanwhile, and makes the edit in that', async () => {
    const path = join(temporaryFolder(), 'config')
    writeFileSync(path, 'old')
    const texts: string[] = []
    await editTextFile(
      path,
      (text) => {
        texts.push(text)
        if (texts.length === 1) writeFileSync(path, 'saved')
        return `${text} new`
      },
      options,
    )
    expect({ texts, text: readFileSync(path, 'utf8') }).toEqual({ texts: ['old', 'saved'], text: 'saved new' })
  })

  it.each(['old', undefined])('gives up where another program never stops writing: %s', async (before) => {
    const folder = temporaryFolder()
    const path = join(folder, 'config')
    if (before !== undefined) writeFileSync(path, before)
    let count = 0
    const edit = (text: string) => {
      count += 1
      writeFileSync(path, 'x'.repeat(count))
      return `${text} new`
    }
    await expect(editTextFile(path, edit, options)).rejects.toMatchObject({
      code: 'FILE_NOT_EDITABLE',
      message: `${path} is being written by another program, and is not edited`,
    })
    expect({ count, names: readdirSync(folder), text: readFileSync(path, 'utf8') }).toEqual({
      count: 5,
      names: ['config'],
      text: 'xxxxx',
    })
  })

  it('gives up the wait for another command', async () => {
    const path = join(temporaryFolder(), 'config')
    const gone = new Error('too long')
    const options2 = { ...options, signal: AbortSignal.abort(gone) }
    await expect(editTextFile(path, add('x'), options2)).rejects.toBe(gone)
  })

  it.each([
    ['is not UTF-8 text', (path: string) => writeFileSync(path, Buffer.from([0x61, 0xe9]))],
    ['would become too large', (path: string) => writeFileSync(path, 'x'.repeat(100))],
    ['is write-protected', (path: string) => writeFileSync(path, '', { mode: 0o400 })],
    ['is a link to a file that does not exist', (path: string) => symlinkSync('nowhere', path)],
    [
      'has 2 names (hard links)',
      (path: string) => {
        writeFileSync(path, '')
        linkSync(path, `${path}2`)
      },
    ],
  ])('is refused where the file %s', async (why, make) => {
    const path = join(temporaryFolder(), 'config')
    make(path)
    await expect(editTextFile(path, add('x'), options)).rejects.toMatchObject({
      code: 'FILE_NOT_EDITABLE',
      message: `${path} ${why}, and is not edited`,
    })
  })

  it('is refused where others could have written the file, if it must be trusted', async () => {
    const path = join(temporaryFolder(), 'config')
    writeFileSync(path, '')
    chmodSync(path, 0o666)
    await expect(editTextFile(path, add('x'), options)).rejects.toMatchObject({ code: 'FILE_UNTRUSTED' })
    expect(await editTextFile(path, add('x'), { ...options, isTrusted: false })).toBe(true)
  })

  it('makes no file where others could replace it, if it must be trusted', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o777)
    const path = join(folder, 'config')
    await expect(editTextFile(path, add('x'), options)).rejects.toMatchObject({
      code: 'FILE_UNTRUSTED',
      hint: `chmod o-w ${folder}`,
    })
    expect(readdirSync(folder)).toEqual([])
    expect(await editTextFile(path, add('x'), { ...options, isTrusted: false })).toBe(true)
  })
})
