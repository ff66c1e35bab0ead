import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appendJsonLine, openDevFolder, readIfPresent, writePrivate } from '../../../src/dev/dev-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const noShortFolder = () => {
  throw new Error('not needed')
}
/** Larger than any pid_max. */
const deadPid = 2 ** 22 + 1

describe('the folder of a development environment', () => {
  it('is for one run at a time', () => {
    const path = join(temporaryFolder(), 'dev')
    const folder = openDevFolder(path, process.pid, noShortFolder)
    expect(() => openDevFolder(path, process.pid, noShortFolder)).toThrowError(`(pid ${process.pid})`)
    folder.unlock()
    openDevFolder(path, process.pid, noShortFolder).unlock()
    expect(existsSync(join(path, 'dev.pid'))).toBe(false)
  })

  it('is not one that others could change, programs included', () => {
    const path = join(temporaryFolder(), 'dev')
    openDevFolder(path, process.pid, noShortFolder).unlock()
    for (const part of [path, join(path, 'bin')]) {
      chmodSync(part, 0o757)
      expect(() => openDevFolder(path, process.pid, noShortFolder)).toThrowError(
        expect.objectContaining({
          code: 'DEV_FOLDER_UNSAFE',
          message: expect.stringContaining(`${part} can be changed by other users (mode 757)`),
          hint: `chmod o-w ${part}; or use another folder with --dir`,
        }),
      )
      chmodSync(part, 0o755)
    }
    openDevFolder(path, process.pid, noShortFolder).unlock()
  })

  it.each([`${deadPid}\n`, '', 'x', '-1'])('is taken over from a run that was killed (%j)', (left) => {
    const path = temporaryFolder()
    writeFileSync(join(path, 'dev.pid'), left)
    openDevFolder(path, process.pid, noShortFolder)
    expect(readIfPresent(join(path, 'dev.pid'))).toBe(`${process.pid}\n`)
  })

  it('has its sockets elsewhere when its path is too long for them, and takes them away', () => {
    const short = join(temporaryFolder(), 'short')
    const long = join(temporaryFolder(), 'x'.repeat(90))
    const folder = openDevFolder(long, process.pid, () => {
      writePrivate(short, '')
      return short
    })
    expect(folder.sockets).toBe(short)
    folder.unlock()
    expect(existsSync(short)).toBe(false)
  })

  it('is closed to others, and so are its files', () => {
    const path = join(temporaryFolder(), 'dev')
    openDevFolder(path, process.pid, noShortFolder)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    const file = join(path, 'state.json')
    writeFileSync(file, '', { mode: 0o644 })
    writePrivate(file, 'x')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('has logs of one JSON object a line', () => {
    const file = join(temporaryFolder(), 'calls.jsonl')
    appendJsonLine(file, { a: 1 })
    appendJsonLine(file, { b: 'two\nlines' })
    expect(readIfPresent(file)).toBe('{"a":1}\n{"b":"two\\nlines"}\n')
    expect(readIfPresent(join(file, 'none'))).toBeUndefined()
  })
})
