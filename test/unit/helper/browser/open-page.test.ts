import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { desktopCommand, hasDisplay, type OpenPageOptions, openPage } from '../../../../src/helper/browser/open-page.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const instead = 'latchkey aws console dev --print'
const options: OpenPageOptions = {
  environment: process.env,
  instead,
  isVisited: async () => false,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
/** A page that has been visited when a file is there. */
const visitedWith = (path: string): OpenPageOptions => ({ ...options, isVisited: async () => existsSync(path) })

function program(folder: string, name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o700)
  return path
}

describe('a page', () => {
  it('is opened by the first program that there is, and by no other', async () => {
    const folder = temporaryFolder()
    const note = (name: string) => program(folder, name, `echo "$@" >"$0.part"; mv "$0.part" "$0.ran"`)
    const [one, other] = [note('one'), note('other')]
    const visited = await openPage([[join(folder, 'none'), 'x'], [one, 'a b', 'c'], [other]], visitedWith(`${one}.ran`))
    expect(visited).toBe(true)
    expect(readFileSync(`${one}.ran`, 'utf8')).toBe('a b c\n')
    expect(existsSync(`${other}.ran`)).toBe(false)
  })

  it('is open once it is visited, though the browser stays, or fails then', async () => {
    const folder = temporaryFolder()
    const stays = program(folder, 'stays', 'echo $$ >"$0.pid"; exec sleep 60')
    expect(await openPage([[stays]], visitedWith(`${stays}.pid`))).toBe(true)
    const pid = Number(readFileSync(`${stays}.pid`, 'utf8'))
    expect(process.kill(pid, 0)).toBe(true)
    process.kill(pid)
    const fails = program(folder, 'fails', ': >"$0.ran"; exit 3')
    expect(await openPage([[fails]], visitedWith(`${fails}.ran`))).toBe(true)
  })

  it('is waited for ten seconds, and then known not to be open', async () => {
    const quiet = program(temporaryFolder(), 'quiet', 'exit 0')
    let waitedMs = 0
    const pause = async (ms: number) => {
      waitedMs += ms
    }
    const slow: number[] = []
    const onSlow = () => void slow.push(waitedMs)
    expect(await openPage([[quiet]], { ...options, pause, onSlow })).toBe(false)
    expect(waitedMs).toBe(10_000)
    expect(slow).toEqual([2_000])
  })

  it.each([
    ['exit 3', 'it ended with status 3'],
    ['kill -TERM $$', 'it was ended by SIGTERM'],
    [
      'seq 9 >&2; printf "\\n cannot \\033[31mopen\\n" >&2; exit 4',
      'it ended with status 4; it said: 8 / 9 / cannot [31mopen',
    ],
    ['seq 9999 >&2; exit 5', 'it ended with status 5; it said: 9997 / 9998 / 9999'],
  ])('is not opened by a program that does %j', async (script, reason) => {
    const path = program(temporaryFolder(), 'browser', script)
    await expect(openPage([[path]], options)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_RUN',
      message: `${path} cannot open the page: ${reason}`,
      hint: instead,
    })
  })

  it('is not opened by a file that is no program', async () => {
    const path = join(temporaryFolder(), 'text')
    writeFileSync(path, '')
    await expect(openPage([[path]], options)).rejects.toMatchObject({ code: 'PROGRAM_NOT_RUN', hint: instead })
  })

  it.each([
    ['a NUL', 'a\0b'],
    ['more than the system takes', 'x'.repeat(4_000_000)],
  ])('is not opened by a command with %s', async (_, argument) => {
    await expect(openPage([['/bin/true', argument]], options)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_RUN',
      hint: instead,
    })
  })

  it('is opened where no program is there by what is said instead', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    await expect(openPage([['/none/one'], [`${file}/two`]], options)).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      message: `there is no program to open a page with: /none/one, ${file}/two`,
      hint: instead,
    })
  })
})

describe('a display', () => {
  it.each(['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER'])('is found by %s', (name) => {
    expect(hasDisplay({ [name]: 'x' }, 'linux')).toBe(true)
    expect(hasDisplay({ [name]: '' }, 'linux')).toBe(false)
  })

  it('is always there on macOS', () => {
    expect(hasDisplay({}, 'darwin')).toBe(true)
    expect(desktopCommand('http://x/', 'darwin')).toEqual(['open', 'http://x/'])
    expect(desktopCommand('http://x/', 'linux')).toEqual(['xdg-open', 'http://x/'])
  })
})
