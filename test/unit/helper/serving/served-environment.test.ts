import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { serveEnvironment } from '../../../../src/helper/serving/served-environment.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const given = { profile: 'dev', region: 'eu-west-1' }
const endpoint = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/role/dev' }

/** A home with a runtime folder. */
function home() {
  const folder = temporaryFolder()
  for (const name of ['run', '.aws']) mkdirSync(join(folder, name))
  return { folder, caller: { HOME: folder, LATCHKEY_RUNTIME_DIR: join(folder, 'run'), AWS_PROFILE: 'x', KEPT: '1' } }
}

it('the SDKs find the endpoint and nothing before it', async () => {
  const { folder, caller } = home()
  writeFileSync(join(folder, '.aws', 'config'), '[default]\nrole_arn = x\nregion = y\n')
  chmodSync(join(folder, '.aws', 'config'), 0o644)
  const { environment, remove } = await serveEnvironment(caller, process.pid, given, endpoint)
  const file = environment.AWS_CONFIG_FILE!
  expect(environment).toEqual({
    HOME: folder,
    LATCHKEY_RUNTIME_DIR: caller.LATCHKEY_RUNTIME_DIR,
    KEPT: '1',
    ...endpoint,
    AWS_VAULT: 'dev',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    BOTO_CONFIG: '/dev/null',
  })
  expect(readFileSync(file, 'utf8')).toBe('[default]\nregion = y\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await remove()
  expect(readdirSync(join(folder, 'run'))).toEqual([])
})

it('the file is that of AWS_CONFIG_FILE, and may be missing', async () => {
  const { folder, caller } = home()
  writeFileSync(join(folder, 'mine'), '[profile a]\nregion = z\n')
  const named = { ...caller, AWS_CONFIG_FILE: join(folder, 'mine') }
  const copyOf = async (from: typeof caller) =>
    readFileSync((await serveEnvironment(from, process.pid, given, endpoint)).environment.AWS_CONFIG_FILE!, 'utf8')
  expect(await copyOf(named)).toBe('[profile a]\nregion = z\n')
  expect(await copyOf(caller)).toBe('')
})

it('a file that cannot be read is an error, and nothing is left', async () => {
  const { folder, caller } = home()
  const pipe = { ...caller, AWS_CONFIG_FILE: '/dev/zero' }
  await expect(serveEnvironment(pipe, process.pid, given, endpoint)).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
  expect(readdirSync(join(folder, 'run'))).toEqual([])
})
