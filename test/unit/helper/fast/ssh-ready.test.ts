import { describe, expect, it } from 'vitest'
import {
  ensureSshReady,
  readyStatus,
  readyTarget,
  type SshReadyEffects,
} from '../../../../src/helper/fast/ssh-ready.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { type ScriptedApi, scriptedApi } from '../../../support/helper-api.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const target = { user: 'jo', host: 'db.example', port: 22 }

async function ensure(api: Pick<ScriptedApi, 'folder'>, effects: Partial<SshReadyEffects> = {}) {
  let stderr = ''
  const outcome = await ensureSshReady(
    target,
    { LATCHKEY_RUNTIME_DIR: api.folder, HOME: '/nowhere' },
    {
      write: async (_, text) => {
        stderr += text
      },
      after: () => () => {},
      ...effects,
    },
  )
  return { outcome, stderr }
}

describe('latchkey ssh ready', () => {
  it('is silent where there is a certificate, and lets nobody be asked', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: {} }))
    expect(await ensure(api)).toEqual({ outcome: 'done', stderr: '' })
    expect(api.requests).toEqual([
      { method: 'POST', path: '/v1/ssh/ready', mode: 'never', byCurl: false, body: target, connection: 1 },
    ])
  })

  it('goes on elsewhere where a person is needed', async () => {
    const api = await scriptedApi(() => ({ status: 401, body: { error: { code: 'VAULT_LOGIN_NEEDED' } } }))
    expect(await ensure(api)).toEqual({ outcome: 'person-needed', stderr: '' })
    await api.closed(1)
  })

  it.each([
    [
      { problem: { code: 'X', message: 'vault corp is sealed', hint: 'ask' } },
      'latchkey: vault corp is sealed; hint: ask\n',
    ],
    [{ problem: { code: 'X', message: 'a\u001b[2Jb' } }, 'latchkey: a [2Jb\n'],
    [{ problem: {} }, 'latchkey: there is no certificate\n'],
    [[], ''],
  ])('says in a line why there is none: %j', async (body, stderr) => {
    const api = await scriptedApi(() => ({ status: 200, body }))
    expect(await ensure(api)).toEqual({ outcome: 'done', stderr })
  })

  it('says what the daemon refuses', async () => {
    const api = await scriptedApi(() => ({ status: 404, body: { error: { code: 'X', message: 'no such call' } } }))
    expect(await ensure(api)).toEqual({ outcome: 'done', stderr: 'latchkey: no such call\n' })
  })

  it('is silent where there is no daemon', async () => {
    expect(await ensure({ folder: temporaryFolder() })).toEqual({ outcome: 'away', stderr: '' })
  })

  it('keeps ssh waiting for no more than twelve seconds', async () => {
    const clock = fakeClock()
    let isAsked = () => {}
    const asked = new Promise<void>((resolve) => (isAsked = resolve))
    const api = await scriptedApi(() => {
      isAsked()
      return undefined
    })
    const ensured = ensure(api, { after: clock.after })
    await asked
    clock.advance(12_000)
    expect(await ensured).toMatchObject({ outcome: 'done', stderr: expect.stringContaining('within 12 s') })
  })
})

it.each([
  ['done', false, 0],
  ['away', false, 0],
  ['done', true, 0],
  ['away', true, 1],
] as const)('its exit status where the outcome is %s, with --if-running %s: %i', (outcome, isIfRunning, status) => {
  expect(readyStatus(outcome, isIfRunning)).toBe(status)
})

describe('its arguments', () => {
  it.each([
    ['--user jo --port 22 db', { user: 'jo', port: 22, host: 'db' }],
    ['--if-running --user jo db', { user: 'jo', host: 'db' }],
    ['db --user jo', { user: 'jo', host: 'db' }],
    ['--user jo --port 22 --hostname db db', { user: 'jo', port: 22, host: 'db' }],
    ['--user jo --port 22 --hostname DB db', { user: 'jo', host: 'db' }],
    ['--user jo --port 22 --hostname 10.0.0.1 db', { user: 'jo', host: 'db' }],
  ])('are %s', (line, expected) => {
    expect(readyTarget(line.split(' '))).toEqual(expected)
  })

  it.each([
    'db',
    '--user jo',
    '--user jo db web',
    '--user jo --port 0 db',
    '--user jo --port 65536 db',
    '--user',
    '--user -x db',
    '--user jo --help',
  ])('are for the whole command line where they are %s', (line) => {
    expect(readyTarget(line.split(' '))).toBeUndefined()
  })
})
