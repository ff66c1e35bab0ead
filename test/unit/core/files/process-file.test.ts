import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isProcessAlive, sweepProcessFiles, writeProcessFile } from '../../../../src/core/files/process-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const suffix = '0123456789ab'
/** The id of a process that has just ended. */
const endedPid = () => spawnSync(process.execPath, ['-v']).pid

describe('the file of a process', () => {
  it('is readable to its user alone, and goes when it is removed', async () => {
    const folder = temporaryFolder()
    const place = { folder, prefix: 'copy' }
    const [first, second] = [await writeProcessFile(place, 7, 'text'), await writeProcessFile(place, 7, 'other')]
    expect(readFileSync(first.path, 'utf8')).toBe('text')
    expect(statSync(first.path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual([first.path, second.path].map((path) => path.slice(folder.length + 1)).sort())
    await first.remove()
    await first.remove()
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('is swept once its process has ended, and no other file is', async () => {
    const folder = temporaryFolder()
    const others = [
      `copy.${process.pid}.${suffix}`,
      'copy',
      `copy.1x.${suffix}`,
      `other.${endedPid()}.${suffix}`,
      'copy.1.short',
    ]
    for (const name of [...others, `copy.${endedPid()}.${suffix}`]) writeFileSync(join(folder, name), '')
    await sweepProcessFiles({ folder, prefix: 'copy' })
    expect(readdirSync(folder).sort()).toEqual(others.sort())
  })

  it('is looked for without a complaint where there is no folder', async () => {
    await expect(sweepProcessFiles({ folder: '/no/such/folder', prefix: 'copy' })).resolves.toBeUndefined()
  })
})

it('a process is there or not', () => {
  expect(isProcessAlive(process.pid)).toBe(true)
  expect(isProcessAlive(1)).toBe(true)
  expect(isProcessAlive(endedPid())).toBe(false)
  for (const pid of [0, -1, Number.NaN, 1.5]) expect(isProcessAlive(pid)).toBe(false)
})
