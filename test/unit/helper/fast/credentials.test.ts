import { describe, expect, it } from 'vitest'
import { type CredentialsEffects, printCredentials } from '../../../../src/helper/fast/credentials.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { credentials, type ScriptedApi, scriptedApi } from '../../../support/helper-api.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

async function run(
  profile: string,
  api: Pick<ScriptedApi, 'folder'>,
  effects: Partial<CredentialsEffects> = {},
): Promise<{ status: number | undefined; stdout: string; stderr: string }> {
  const written = { 1: '', 2: '' }
  const status = await printCredentials(
    profile,
    { LATCHKEY_RUNTIME_DIR: api.folder, HOME: '/nowhere', AWS_PROFILE: 'other' },
    {
      write: async (descriptor, text) => {
        written[descriptor] += text
      },
      after: () => () => {},
      ...effects,
    },
  )
  return { status, stdout: written[1], stderr: written[2] }
}

describe('latchkey aws credentials where nobody has to be asked', () => {
  it('prints one line and nothing else, and lets nobody be asked', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    expect(await run('dev', api)).toEqual({ status: 0, stdout: `${JSON.stringify(credentials)}\n`, stderr: '' })
    expect(api.requests).toEqual([
      { method: 'GET', path: '/v1/aws/credentials/dev', mode: 'never', byCurl: false, body: undefined, connection: 1 },
    ])
  })

  it('encodes any name of a profile', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    await run('a b/../ü?#', api)
    expect(api.requests[0]?.path).toBe('/v1/aws/credentials/a%20b%2F..%2F%C3%BC%3F%23')
  })

  it('writes nothing and keeps no connection where a person is needed', async () => {
    const clock = fakeClock()
    const error = { code: 'AWS_MFA_NEEDED', message: 'an MFA code is needed', hint: 'latchkey aws login dev' }
    const api = await scriptedApi(() => ({ status: 401, body: { error } }))
    expect(await run('dev', api, { after: clock.after })).toEqual({ status: undefined, stdout: '', stderr: '' })
    await api.closed(1)
    expect(api.requests).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('fails with one line and prints nothing, and asks no second time', async () => {
    const error = { code: 'AWS_PROFILE_UNKNOWN', message: 'there is no profile dve', hint: 'did you mean dev?' }
    const api = await scriptedApi(() => ({ status: 404, body: { error } }))
    expect(await run('dve', api)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'latchkey: there is no profile dve; hint: did you mean dev?\n',
    })
    expect(api.requests).toHaveLength(1)
  })

  it('does not print what it cannot understand', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: { ...credentials, Expiration: 'soon' } }))
    const { status, stdout, stderr } = await run('dev', api)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).not.toContain(credentials.SecretAccessKey)
  })

  it('says how to start the daemon', async () => {
    const { status, stderr } = await run('dev', { folder: temporaryFolder() })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: the daemon is not running: .*; hint: latchkey service install.*\n$/)
  })

  it('says what is wrong with a socket that cannot be', async () => {
    const { status, stderr } = await run('dev', { folder: `/${'long'.repeat(40)}` })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: a socket path may have at most \d+ bytes: .*\n$/)
  })

  it('gives up before the SDKs do, for the daemon goes on', async () => {
    const clock = fakeClock()
    const api = await scriptedApi(() => {
      clock.advance(49_999)
      setImmediate(() => clock.advance(1))
      return undefined
    })
    const { status, stdout, stderr } = await run('dev', api, { after: clock.after })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('no credentials for dev within 50 s; the daemon goes on')
    await api.closed(1)
  })

  it('stops its clock when it is done', async () => {
    const clock = fakeClock()
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    await run('dev', api, { after: clock.after })
    expect(clock.pendingTimers()).toBe(0)
  })
})
