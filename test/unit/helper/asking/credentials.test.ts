import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { type AskingEffects, runCredentials } from '../../../../src/helper/asking/credentials.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { credentials, type ScriptedApi, scriptedApi } from '../../../support/helper-api.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const prompt = { id: 'p1', kind: 'code', text: 'MFA code for jo' }
const lent = { status: 401, body: { error: { code: 'PROMPT_LENT', message: 'asks', prompt } } }

/** Runs the command as a process in the foreground of a terminal, on which `answer` is typed. */
async function run(
  profile: string,
  api: Pick<ScriptedApi, 'folder'>,
  effects: Partial<AskingEffects> = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { 1: '', 2: '' }
  const environment = { LATCHKEY_RUNTIME_DIR: api.folder, HOME: '/nowhere', AWS_PROFILE: 'other' }
  const status = await runCredentials(profile, environment, {
    write: async (descriptor, text) => {
      written[descriptor] += text
    },
    terminal: { mayAsk: () => true, isForeground: async () => true },
    readLine: async () => new Secret('123456'),
    show: () => {},
    after: () => () => {},
    elapsedMs: () => 0,
    ...effects,
  })
  return { status, stdout: written[1], stderr: written[2] }
}

describe('latchkey aws credentials where a person may be needed', () => {
  it('prints one line and nothing else', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    expect(await run('dev', api)).toEqual({ status: 0, stdout: `${JSON.stringify(credentials)}\n`, stderr: '' })
    expect(api.requests).toEqual([
      {
        method: 'GET',
        path: '/v1/aws/credentials/dev',
        mode: 'terminal',
        byCurl: false,
        body: undefined,
        connection: 1,
      },
    ])
  })

  it('encodes any name of a profile', async () => {
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    await run('a b/../ü?#', api)
    expect(api.requests[0]?.path).toBe('/v1/aws/credentials/a%20b%2F..%2F%C3%BC%3F%23')
  })

  it('answers a question and then prints the credentials', async () => {
    const api = await scriptedApi((_request, count) =>
      count === 1 ? lent : count === 2 ? { status: 204 } : { status: 200, body: credentials },
    )
    expect(await run('dev', api)).toMatchObject({ status: 0, stderr: '' })
    expect(api.requests.map(({ path, body, connection }) => [path, body, connection])).toEqual([
      ['/v1/aws/credentials/dev', undefined, 1],
      ['/v1/prompts/p1', { answer: '123456' }, 1],
      ['/v1/aws/credentials/dev', undefined, 1],
    ])
  })

  it('fails with one line and prints nothing', async () => {
    const error = { code: 'AWS_PROFILE_UNKNOWN', message: 'there is no profile dve', hint: 'did you mean dev?' }
    const api = await scriptedApi(() => ({ status: 404, body: { error } }))
    expect(await run('dve', api)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'latchkey: there is no profile dve; hint: did you mean dev?\n',
    })
  })

  it('has an exit status of its own where a person is needed', async () => {
    const error = { code: 'AWS_MFA_NEEDED', message: 'an MFA code is needed', hint: 'latchkey aws credentials dev' }
    const api = await scriptedApi(() => ({ status: 401, body: { error } }))
    expect(await run('dev', api)).toMatchObject({ status: 3, stdout: '' })
  })

  it('is cancelled with the status of Ctrl-C', async () => {
    const api = await scriptedApi((_request, count) => (count === 1 ? lent : { status: 204 }))
    const result = await run('dev', api, { readLine: async () => undefined })
    expect(result).toEqual({ status: 130, stdout: '', stderr: 'latchkey: cancelled: MFA code for jo\n' })
    expect(api.requests[1]?.body).toEqual({ cancel: true })
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

  it('counts what the process has taken before', async () => {
    const clock = fakeClock()
    const api = await scriptedApi(() => {
      clock.advance(9_999)
      setImmediate(() => clock.advance(1))
      return undefined
    })
    const { stderr } = await run('dev', api, { after: clock.after, elapsedMs: () => 40_000 })
    expect(stderr).toContain('no credentials for dev within 50 s')
  })

  it('gives up a question that nobody answers, and gives it back', async () => {
    const clock = fakeClock()
    const api = await scriptedApi(() => lent)
    const readLine: AskingEffects['readLine'] = (_prompt, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        clock.advance(50_000)
      })
    const { status, stderr } = await run('dev', api, { after: clock.after, readLine })
    expect(status).toBe(3)
    expect(stderr).toBe('latchkey: nobody answered in time: MFA code for jo; hint: latchkey aws login dev\n')
    await api.closed(1)
    expect(api.requests).toHaveLength(1)
  })

  it('stops its clock when it is done', async () => {
    const clock = fakeClock()
    const api = await scriptedApi(() => ({ status: 200, body: credentials }))
    await run('dev', api, { after: clock.after })
    expect(clock.pendingTimers()).toBe(0)
  })
})
