import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeHostCaFile } from '../../../../src/daemon/host-ca/host-ca-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const line = '@cert-authority *.example ssh-ed25519 AAAA latchkey: corp'
const place = () => join(temporaryFolder(), 'run', 'known_hosts')
const mode = (path: string) => statSync(path).mode & 0o777

it('has the lines, for its user alone, in a folder that is made', async () => {
  const path = place()
  await writeHostCaFile(path, [line, line])
  expect(readFileSync(path, 'utf8')).toMatch(/^# latchkey: .*\n@cert-authority .*\n@cert-authority .*\n$/)
  expect([mode(path), mode(join(path, '..'))]).toEqual([0o600, 0o700])
  expect(readdirSync(join(path, '..'))).toEqual(['known_hosts'])
})

it('is written again only where it would change', async () => {
  const path = place()
  await writeHostCaFile(path, [line])
  const { ino } = statSync(path)
  await writeHostCaFile(path, [line])
  expect(statSync(path).ino).toBe(ino)
  chmodSync(path, 0o644)
  await writeHostCaFile(path, [line])
  expect(mode(path)).toBe(0o600)
  await writeHostCaFile(path, [])
  expect(readFileSync(path, 'utf8')).not.toContain('@')
})

it('goes when there is no CA any more', async () => {
  const path = place()
  await writeHostCaFile(path, undefined)
  await writeHostCaFile(path, [line])
  await writeHostCaFile(path, undefined)
  expect(existsSync(path)).toBe(false)
})

it.each([
  ['a known_hosts of theirs', (path: string) => writeFileSync(path, 'host ssh-ed25519 AAAA\n')],
  ['an empty file', (path: string) => writeFileSync(path, '')],
  ['a folder', (path: string) => mkdirSync(path)],
  ['a link', (path: string) => symlinkSync('/etc/hostname', path)],
])('what somebody has put in its place stays: %s', async (_, make) => {
  const path = join(temporaryFolder(), 'known_hosts')
  make(path)
  const before = lstatSync(path)
  await expect(writeHostCaFile(path, [line])).rejects.toMatchObject({
    code: 'HOST_CA_IN_THE_WAY',
    hint: `mv ${path} ${path}.old`,
  })
  await writeHostCaFile(path, undefined)
  const { ino, mtimeMs, size } = lstatSync(path)
  expect({ ino, mtimeMs, size }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs, size: before.size })
})

it('is not put where others could put another', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  await expect(writeHostCaFile(join(folder, 'known_hosts'), [line])).rejects.toMatchObject({
    code: 'HOST_CA_UNTRUSTED',
  })
  expect(readdirSync(folder)).toEqual([])
})
