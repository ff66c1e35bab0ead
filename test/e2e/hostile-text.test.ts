import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { credentials, scriptedApi } from '../support/helper-api.ts'
import { fullStatus } from '../support/helper-status.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { run } from '../support/run.ts'
import { terminalCommands } from '../support/terminal-commands.ts'

const fastPath = join(dirname(latchkeyPath), 'latchkey-credentials')
/** Clears the screen, three ways; sets a title; turns text around; begins another line. */
const hostile = 'x\u001b[2J\u009b2J\u009d0;t\u0007\u202e\u2066\u2028\r\nlatchkey: all is well'
/** Every text of an answer is hostile, and nothing else is. */
const hostileTexts = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      typeof inner === 'string' && !/^(state|startedAt|expiresAt|validBefore|serial)$/.test(key) ? hostile : inner,
    ),
  )

const error = { code: 'X', message: hostile, hint: hostile }

describe('an impostor of the daemon', () => {
  it.each([
    [['status'], 200, hostileTexts(fullStatus)],
    [['status', '--json'], 200, hostileTexts(fullStatus)],
    [['status'], 200, { ...fullStatus, pid: hostile }],
    [['status', '--json'], 200, { ...fullStatus, pid: hostile }],
    [['status'], 503, { error }],
    [['login'], 200, { vault: hostile, displayName: hostile, policies: [hostile] }],
    [['login'], 401, { error }],
    [['logout'], 502, { error }],
    [['aws', 'forget', '--all'], 200, { forgotten: [hostile] }],
    [['aws', 'keys', 'list'], 200, { keys: [{ source: hostile, accessKeyId: hostile }] }],
    [['aws', 'keys', 'list', '--json'], 200, { keys: [{ source: hostile, accessKeyId: hostile }] }],
    [['aws', 'keys', 'remove', hostile], 204, undefined],
    [['aws', 'credentials', 'dev'], 200, hostileTexts(credentials)],
    [['aws', 'credentials', 'dev'], 200, { ...credentials, SessionToken: 'a\u009b2J' }],
    [['aws', 'credentials', 'dev'], 404, { error }],
  ] as const)('puts nothing on the terminal that it obeys: %j answered %i', async (args, status, body) => {
    const api = await scriptedApi(() => ({ status, ...(body === undefined ? {} : { raw: JSON.stringify(body) }) }))
    const { stdout, stderr } = await latchkey(args, { env: { LATCHKEY_RUNTIME_DIR: api.folder } })
    expect(`${stdout}${stderr}`).not.toBe('')
    expect(terminalCommands(stdout + stderr)).toEqual([])
    expect(`${stdout}${stderr}`).not.toMatch(/^latchkey: all is well/m)
  })

  it.each([
    ['C1 as UTF-8', { ...credentials, SessionToken: 'a\u009b2J' }],
    ['an escape sequence in JSON', { ...credentials, SessionToken: 'a\u001b[2J' }],
    ['bidi', { ...credentials, AccountId: '\u202e1' }],
  ])('gets no credentials printed by the shell fast path: %s', async (_what, body) => {
    const api = await scriptedApi(() => ({ status: 200, raw: JSON.stringify(body) }))
    const finished = await run(fastPath, ['dev'], { env: { LATCHKEY_RUNTIME_DIR: api.folder } })
    expect(finished).toMatchObject({ status: 1, stdout: '' })
    expect(finished.stderr).toMatch(/^latchkey: [\u0020-\u007e]+\n$/)
    // curl's, and the one of latchkey, which has judged it.
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true, false])
  })
})
