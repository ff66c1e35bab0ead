import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openAgentSocket } from '../../../../src/daemon/compat/agent-socket.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const open = (folder: string) =>
  openAgentSocket({ address: undefined, temporaryFolder: folder, pid: 4711 }, (stream) => void stream.destroy())

it('is found, and taken away, from every folder, where that for temporary files is relative', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()]
  const before = process.cwd()
  onTestFinished(() => process.chdir(before))
  process.chdir(folder)
  mkdirSync('tmp')
  const socket = await open('tmp')
  expect(isAbsolute(socket.path!)).toBe(true)
  expect(dirname(dirname(socket.path!))).toBe(join(folder, 'tmp'))
  process.chdir(other)
  expect(existsSync(socket.path!)).toBe(true)
  await socket.close()
  expect(readdirSync(join(folder, 'tmp'))).toEqual([])
})

it('cannot be in a folder that is not there, which is named', async () => {
  const missing = join(temporaryFolder(), 'missing')
  await expect(open(missing)).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: expect.stringMatching(`^no folder for the socket can be made in ${missing}: ENOENT`),
    hint: expect.stringContaining(`ls -ld ${missing}; `),
  })
})

it('leaves nothing where the path would be too long, and the hint is about what is still there', async () => {
  const long = join(temporaryFolder(), 'x'.repeat(90))
  mkdirSync(long)
  await expect(open(long)).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: expect.stringContaining('is too long'),
    hint: expect.stringContaining(`ls -ld ${long}; `),
  })
  expect(readdirSync(long)).toEqual([])
})
