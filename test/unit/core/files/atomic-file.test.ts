import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeFileAtomically } from '../../../../src/core/files/atomic-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('replaces a file and its permissions and leaves nothing beside it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'state.json')
  writeFileSync(path, 'old', { mode: 0o644 })
  await writeFileAtomically(path, 'new', 0o600)
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['state.json'])
})

it('leaves no part of a file behind when it cannot be put in place', async () => {
  const folder = temporaryFolder()
  // A folder cannot be replaced by a file.
  await expect(writeFileAtomically(join(folder, '.'), 'new', 0o600)).rejects.toThrow()
  expect(readdirSync(folder)).toEqual([])
})

it('removes what a writer of the same file that was killed long ago left behind, and nothing else', async () => {
  const folder = temporaryFolder()
  const [old, young, other] = ['.f.00112233aabb', '.f.00112233aacc', '.g.00112233aabb'] as const
  for (const name of [old, young, other]) writeFileSync(join(folder, name), name)
  const longAgo = Date.now() / 1000 - 120
  for (const name of [old, other]) utimesSync(join(folder, name), longAgo, longAgo)
  await writeFileAtomically(join(folder, 'f'), 'new', 0o600)
  expect(readdirSync(folder).sort()).toEqual([young, other, 'f'].sort())
})
