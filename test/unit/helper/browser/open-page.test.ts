import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDisplay, desktopCommand, openPage } from '../../../../src/helper/browser/open-page.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const instead = 'latchkey aws console dev --print'
const options = { environment: process.env, platform: 'linux' as NodeJS.Platform, instead }

function program(folder: string, name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o700)
  return path
}

describe('a page', () => {
  it('is opened by the first program that there is, and by no other', async () => {
    const folder = temporaryFolder()
    const note = (name: string) => program(folder, name, `echo "$@" >"$0.ran"`)
    const [one, other] = [note('one'), note('other')]
    await openPage([[join(folder, 'none'), 'x'], [one, 'a b', 'c'], [other]], options)
    expect(readFileSync(`${one}.ran`, 'utf8')).toBe('a b c\n')
    expect(existsSync(`${other}.ran`)).toBe(false)
  })

  it.each([
    ['exit 3', 'it ended with status 3'],
    ['kill -TERM $$', 'it was ended by SIGTERM'],
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

  it('is opened where no program is there by what is said instead', async () => {
    await expect(openPage([['/none/one'], ['/none/two']], options)).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      message: 'there is no program to open a page with: /none/one, /none/two',
      hint: instead,
    })
  })
})

describe('a display', () => {
  it.each(['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER'])('is found by %s', (name) => {
    expect(() => checkDisplay({ ...options, environment: { [name]: 'x' } })).not.toThrow()
    expect(() => checkDisplay({ ...options, environment: { [name]: '' } })).toThrow(
      expect.objectContaining({ code: 'REFUSED', hint: instead }),
    )
  })

  it('is always there on macOS', () => {
    expect(() => checkDisplay({ ...options, environment: {}, platform: 'darwin' })).not.toThrow()
    expect(desktopCommand('http://x/', 'darwin')).toEqual(['open', 'http://x/'])
    expect(desktopCommand('http://x/', 'linux')).toEqual(['xdg-open', 'http://x/'])
  })
})
