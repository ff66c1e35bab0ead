import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { listenNew } from '../../../../src/ipc/sockets/new-socket.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const listen = (path: string) => listenNew(path, (stream) => void stream.end('hello'))

it('makes a socket for its user alone, and takes it away', async () => {
  const path = join(temporaryFolder(), 'sock')
  const before = process.umask()
  const listener = await listen(path)
  expect(process.umask()).toBe(before)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [greeting] = await once(connect(path), 'data')
  expect(String(greeting)).toBe('hello')
  await listener.close()
  expect(existsSync(path)).toBe(false)
})

it('replaces nothing, not even what is left over or leads nowhere', async () => {
  const folder = temporaryFolder()
  const paths = ['file', 'folder', 'link'].map((name) => join(folder, name))
  writeFileSync(paths[0]!, 'mine')
  mkdirSync(paths[1]!)
  symlinkSync('/nowhere', paths[2]!)
  for (const path of paths) await expect(listen(path)).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
  expect(readFileSync(paths[0]!, 'utf8')).toBe('mine')
})

it('takes it away where the process is in another folder by then', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()]
  const before = process.cwd()
  onTestFinished(() => process.chdir(before))
  process.chdir(folder)
  const listener = await listen('sock')
  process.chdir(other)
  writeFileSync('sock', 'mine')
  await listener.close()
  expect(existsSync(join(folder, 'sock'))).toBe(false)
  expect(readFileSync('sock', 'utf8')).toBe('mine')
})

it('refuses a path that does not fit into an address, and a folder that is not there', async () => {
  const folder = temporaryFolder()
  const code = 'SOCKET_UNUSABLE'
  const hint = expect.stringContaining('agent-compat -a PATH')
  await expect(listen(join(folder, 'x'.repeat(108)))).rejects.toMatchObject({ code, hint })
  const none = join(folder, 'none')
  await expect(listen(join(none, 'sock'))).rejects.toMatchObject({
    code,
    message: `cannot listen on ${none}/sock: there is no folder ${none}`,
    hint: `mkdir -p ${none}`,
  })
})
