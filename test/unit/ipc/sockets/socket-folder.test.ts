import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkSocketFolder } from '../../../../src/ipc/sockets/socket-folder.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('of a service manager gets the sticky bit, so that a socket in it cannot be replaced', async () => {
  const folder = temporaryFolder()
  await checkSocketFolder(join(folder, 'api.sock'))
  expect(statSync(folder).mode & 0o7777).toBe(0o1700)
})

it('of a service manager that others could change is refused', async () => {
  const above = join(temporaryFolder(), 'above')
  mkdirSync(join(above, 'latchkey'), { recursive: true })
  chmodSync(above, 0o757)
  await expect(checkSocketFolder(join(above, 'latchkey', 'api.sock'))).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    hint: `chmod o-w ${above}; or set LATCHKEY_RUNTIME_DIR to a folder of your own`,
  })
})

it('that the service manager has in another place is left alone', async () => {
  await checkSocketFolder(join(temporaryFolder(), 'none', 'api.sock'))
})
