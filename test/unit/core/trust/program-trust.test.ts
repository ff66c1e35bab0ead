import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { findTrustedProgram, trustedProgram } from '../../../../src/core/trust/program-trust.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function machine() {
  const folder = temporaryFolder()
  const searchPath = ['a', 'b'].map((name) => join(folder, name)).join(':')
  for (const name of ['a', 'b']) mkdirSync(join(folder, name))
  const place = (path: string, mode: number) => {
    writeFileSync(join(folder, path), '')
    chmodSync(join(folder, path), mode)
    return join(folder, path)
  }
  return { searchPath: `:${searchPath}`, place }
}

it('finds the first program of a name that can be run, and takes a path for what it is', () => {
  const { searchPath, place } = machine()
  place('a/tool', 0o644)
  const tool = place('b/tool', 0o755)
  expect(trustedProgram('tool', searchPath)).toBe(tool)
  expect(trustedProgram(tool, undefined)).toBe(tool)
})

it('skips a folder of that name, as the system does', () => {
  const { searchPath, place } = machine()
  mkdirSync(join(searchPath.split(':')[1]!, 'tool'))
  const tool = place('b/tool', 0o755)
  expect(trustedProgram('tool', searchPath)).toBe(tool)
})

it('leaves a missing path to the system', () => {
  const { searchPath } = machine()
  expect(trustedProgram('none', searchPath)).toBe('none')
  expect(trustedProgram('none', undefined)).toBe('none')
  expect(trustedProgram('/none/such', undefined)).toBe('/none/such')
})

it('refuses one that others can change', () => {
  const { searchPath, place } = machine()
  const tool = place('a/tool', 0o777)
  for (const name of ['tool', tool]) {
    expect(() => trustedProgram(name, searchPath)).toThrowError(
      expect.objectContaining({ code: 'FILE_UNTRUSTED', hint: expect.stringContaining(`-w ${tool}`) }),
    )
  }
})

it('passes over a program that others can change, where it is only looked for', () => {
  const { searchPath, place } = machine()
  const theirs = place('a/tool', 0o757)
  const own = place('b/tool', 0o755)
  expect(findTrustedProgram('tool', searchPath)).toBe(own)
  expect(findTrustedProgram(theirs, searchPath)).toBeUndefined()
  expect(findTrustedProgram(own, undefined)).toBe(own)
})

it('looks for none in a folder that is another one everywhere', () => {
  const { searchPath, place } = machine()
  place('a/tool', 0o755)
  const [, folder] = searchPath.split(':')
  const here = relative(process.cwd(), folder!)
  expect(findTrustedProgram('tool', `.:${here}`)).toBeUndefined()
  expect(findTrustedProgram(`${here}/tool`, undefined)).toBeUndefined()
  expect(findTrustedProgram('tool', undefined)).toBeUndefined()
})
