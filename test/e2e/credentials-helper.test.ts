import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { credentials, type ScriptedApi, type ScriptedReply, scriptedApi } from '../support/helper-api.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkey, latchkeyByNode, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { folderWith, linkThroughNpm } from '../support/program-folder.ts'
import { type RunOptions, run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The commands that ask by curl first, and what comes before the profile. */
const commands = [
  ['latchkey aws credentials', latchkeyPath, ['aws', 'credentials']],
  ['latchkey-credentials', join(dirname(latchkeyPath), 'latchkey-credentials'), []],
] as const
const [node, ...nodeArgs] = [...latchkeyByNode, 'aws', 'credentials', 'dev'] as const
/** The same without a shell script before it. */
const byNode = [node, ...nodeArgs].join(' ')
const line = `${JSON.stringify(credentials)}\n`
const granted: ScriptedReply = { status: 200, body: credentials }
const refused = (status: number, code: string): ScriptedReply => ({
  status,
  body: { error: { code, message: 'it cannot be', hint: 'latchkey status' } },
})
const refusal = 'latchkey: it cannot be; hint: latchkey status\n'

/** What a caller's shell may have set; none of it is for the helper. */
const callersOwn = { AWS_PROFILE: 'other', AWS_ACCESS_KEY_ID: 'AKIAOTHER', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'x' }
const env = (api: Pick<ScriptedApi, 'folder'>) => ({ ...callersOwn, LATCHKEY_RUNTIME_DIR: api.folder })

/** Asks for a secret of this kind, takes the answer on the connection that it lent the question on, then gives. */
function askingApi(kind: string, before: () => ScriptedReply | undefined = () => undefined): Promise<ScriptedApi> {
  const answered = new Set<number>()
  return scriptedApi(({ method, connection, mode }) => {
    if (method === 'POST') {
      answered.add(connection)
      return { status: 204 }
    }
    if (answered.has(connection)) return granted
    if (mode === 'program') return before() ?? refused(401, 'AWS_MFA_NEEDED')
    if (mode === 'never') return refused(401, 'AWS_MFA_NEEDED')
    const prompt = { id: 'p1', kind, text: 'MFA code for jo', notice: 'once a day' }
    return { status: 401, body: { error: { code: 'PROMPT_LENT', message: 'asks', prompt } } }
  })
}

describe('credential_process', () => {
  it('prints one line and nothing on stderr, whatever the caller has set', async () => {
    const api = await scriptedApi(() => granted)
    // Node gives its child sockets as standard streams.
    expect(await run(node, nodeArgs, { env: env(api) })).toEqual({
      status: 0,
      stdout: line,
      stderr: '',
    })
    expect(api.requests).toEqual([
      { method: 'GET', path: '/v1/aws/credentials/dev', mode: 'never', byCurl: false, body: undefined, connection: 1 },
    ])
  })

  it.each([
    ['a refusal', refused(404, 'AWS_PROFILE_UNKNOWN'), 1, refusal],
    ['a need for a person', refused(401, 'AWS_MFA_NEEDED'), 3, refusal],
    ['an answer without a reason', { status: 500, raw: '' }, 1, expect.stringMatching(/^latchkey: .*HTTP 500.*\n$/)],
    [
      'half an answer',
      { ...granted, isCut: true },
      1,
      expect.stringMatching(/^latchkey: .*closed the connection.*\n$/),
    ],
    ['another answer', { status: 200, raw: '["secret"]' }, 1, expect.stringMatching(/^latchkey: (?!.*secret).*\n$/)],
  ] as const)('with %s prints nothing but one line on stderr', async (_what, reply, status, stderr) => {
    const api = await scriptedApi(() => reply)
    expect(await run(node, nodeArgs, { env: env(api) })).toEqual({ status, stdout: '', stderr })
  })

  it('without a daemon says how to start it', async () => {
    const { status, stdout, stderr } = await run(node, nodeArgs, {
      env: env({ folder: temporaryFolder() }),
    })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^latchkey: the daemon is not running[^\n]*; hint: latchkey service install[^\n]*\n$/)
  })

  it.each([
    ['aws', 'credentials'],
    ['aws', 'credentials', 'dev', 'prod'],
    ['aws', 'credentials', '--bogus'],
  ])('used wrongly as %j ends with 2 and one line', async (...args) => {
    const { status, stdout, stderr } = await latchkey(args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^latchkey: [^\n]+; hint: latchkey help aws credentials\n$/)
  })

  it('reads nothing from a standard input that never ends', async () => {
    const api = await scriptedApi(() => granted)
    const child = spawn(node, nodeArgs, { env: { ...process.env, ...env(api) } })
    onTestFinished(() => void child.kill())
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect(output).toBe(line)
    expect(child.stdin.writableEnded).toBe(false)
  })

  it('survives a caller that closed its output, with one line at most', async () => {
    const api = await scriptedApi(() => granted)
    const closed = await run('sh', ['-c', `exec ${byNode} >&-`], { env: env(api) })
    expect(closed).toEqual({ status: 0, stdout: '', stderr: '' })
    const gone = `{ ${byNode}; echo "$?" >&2; } | :`
    const { stderr } = await run('sh', ['-c', gone], { env: env(api) })
    expect(stderr).toMatch(/^(latchkey: cannot write the output: [^\n]*EPIPE[^\n]*\n1|0)\n$/)
  })

  it('ends at SIGTERM, and its connection with it', async () => {
    const api = await scriptedApi(() => {
      child.kill('SIGTERM')
      return undefined
    })
    const child = spawn(node, nodeArgs, { env: { ...process.env, ...env(api) } })
    const [output, errors, [status, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    expect([output, errors, status, signal]).toEqual(['', '', null, 'SIGTERM'])
    await api.closed(1)
  })
})

describeWithPeers('credential_process on a terminal', ['python:pty', 'setsid'], () => {
  const command = `exec ${byNode} >"$out" 2>"$err"`

  it('asks for a code on the terminal, which shows it, and checks its form by itself', async () => {
    const api = await askingApi('code')
    const steps = [
      { expect: 'once a day\r\nMFA code for jo: ', type: '12345\n' },
      { expect: 'a code is 6 digits\r\nMFA code for jo: ', type: '123 456\n' },
    ]
    const result = await runOnTerminal(command, steps, env(api))
    expect(result).toMatchObject({ status: 0, stdout: line, stderr: '', echoes: [true, true], stepsLeft: 0 })
    expect(result.screen).toBe(
      'once a day\r\nMFA code for jo: 12345\r\na code is 6 digits\r\nMFA code for jo: 123 456\r\n',
    )
    expect(api.requests.map(({ path, mode, body }) => [path, mode, body])).toEqual([
      ['/v1/aws/credentials/dev', 'never', undefined],
      ['/v1/aws/credentials/dev', 'terminal', undefined],
      ['/v1/prompts/p1', undefined, { answer: '123 456' }],
      ['/v1/aws/credentials/dev', 'terminal', undefined],
    ])
  })

  it('hides a password and leaves the terminal as it was', async () => {
    const api = await askingApi('password')
    const steps = [{ expect: 'jo: ', type: 'pa\u007f\u007fhunter 2\r' }]
    const result = await runOnTerminal(command, steps, env(api))
    expect(result).toMatchObject({ status: 0, stdout: line, stderr: '', echoes: [false], echoesAtEnd: true })
    expect(result.screen).toBe('once a day\r\nMFA code for jo: \r\n')
    expect(api.requests[2]?.body).toEqual({ answer: 'hunter 2' })
  })

  it.each(['code', 'password'])('is cancelled with Ctrl-C at a %s', async (kind) => {
    const api = await askingApi(kind)
    const result = await runOnTerminal(command, [{ expect: 'jo: ', type: '12\u0003' }], env(api))
    expect(result).toMatchObject({ status: 130, stdout: '', echoesAtEnd: true })
    expect(result.stderr).toBe('latchkey: cancelled: MFA code for jo\n')
    expect(api.requests[2]).toMatchObject({ path: '/v1/prompts/p1', body: { cancel: true }, connection: 2 })
  })

  it.each([
    ['SIGTERM', -15],
    ['SIGHUP', -1],
  ] as const)('gives the terminal and the question back at %s', async (signal, status) => {
    const api = await askingApi('password')
    const result = await runOnTerminal(command, [{ expect: 'jo: ', signal }], env(api))
    expect(result).toMatchObject({ status, stdout: '', stderr: '', echoes: [false], echoesAtEnd: true })
    await api.closed(2)
    expect(api.requests.map(({ mode }) => mode)).toEqual(['never', 'terminal'])
  })

  it('asks the daemon to ask when it is a background job, and is not stopped', async () => {
    const api = await askingApi('code', () => granted)
    const script = `set -m; ${byNode} >"$out" 2>"$err" & wait $!; exit $?`
    const result = await runOnTerminal(script, [], env(api))
    expect(result).toMatchObject({ status: 0, stdout: line, stderr: '', screen: '' })
    expect(api.requests.map(({ mode }) => mode)).toEqual(['never', 'program'])
  })

  it.each([
    ['in a session without a terminal', `setsid -w ${byNode} >"$out" 2>"$err"`],
    ['in a build job', `CI=true; export CI; ${command}`],
  ])('never asks %s', async (_what, script) => {
    const api = await askingApi('code')
    const result = await runOnTerminal(script, [], env(api))
    expect(result).toMatchObject({ status: 3, stdout: '', stderr: refusal, screen: '' })
    expect(api.requests.map(({ mode }) => mode)).toEqual(['never', 'program'])
  })

  it.each(commands)('asks where curl was refused by %s', async (_what, path, words) => {
    const api = await askingApi('code')
    const script = ['exec', path, ...words, 'dev >"$out" 2>"$err"'].join(' ')
    const result = await runOnTerminal(script, [{ expect: 'jo: ', type: '123456\n' }], env(api))
    expect(result).toMatchObject({ status: 0, stdout: line, stderr: '' })
  })
})

describe.each(commands)('%s by curl', (_what, path, words) => {
  const ask = (args: readonly string[], options: RunOptions = {}) => run(path, [...words, ...args], options)

  it('prints one line without starting node', async () => {
    const api = await scriptedApi(() => granted)
    // Node is nowhere on this PATH.
    const PATH = folderWith('curl')
    expect(await ask(['dev'], { env: { ...env(api), PATH } })).toEqual({
      status: 0,
      stdout: line,
      stderr: '',
    })
    expect(api.requests).toEqual([
      { method: 'GET', path: '/v1/aws/credentials/dev', mode: 'never', byCurl: true, body: undefined, connection: 1 },
    ])
  })

  it('ignores .curlrc and proxies', async () => {
    const api = await scriptedApi(() => granted)
    const home = temporaryFolder()
    writeFileSync(join(home, '.curlrc'), 'head\nurl = "http://127.0.0.1:1/"\n')
    const misleading = { HOME: home, http_proxy: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' }
    expect(await ask(['dev'], { env: { ...env(api), ...misleading } })).toEqual({
      status: 0,
      stdout: line,
      stderr: '',
    })
    expect(api.requests).toHaveLength(1)
  })

  it.each([
    ['a refusal', refused(404, 'AWS_PROFILE_UNKNOWN'), 1, refusal],
    ['a need for a person', refused(401, 'AWS_MFA_NEEDED'), 3, refusal],
    [
      'half an answer',
      { ...granted, isCut: true },
      1,
      expect.stringMatching(/^latchkey: .*closed the connection.*\n$/),
    ],
    ['another answer', { status: 200, raw: '["secret"]' }, 1, expect.stringMatching(/^latchkey: (?!.*secret).*\n$/)],
  ] as const)('leaves %s to latchkey and prints nothing itself', async (_what, reply, status, stderr) => {
    const api = await scriptedApi(() => reply)
    expect(await ask(['dev'], { env: env(api) })).toEqual({ status, stdout: '', stderr })
    expect(api.requests.slice(0, 2).map(({ byCurl }) => byCurl)).toEqual([true, false])
  })

  it.each(['a b', 'a/b', 'a"b$(id)', '..', 'ü', 'a%41'])(
    'leaves the profile %j, which curl would read otherwise, to latchkey',
    async (name) => {
      const api = await scriptedApi(() => granted)
      expect(await ask([name], { env: env(api) })).toEqual({ status: 0, stdout: line, stderr: '' })
      expect(api.requests.map(({ path, byCurl }) => [decodeURIComponent(path), byCurl])).toEqual([
        [`/v1/aws/credentials/${name}`, false],
      ])
    },
  )

  it('leaves wrong usage to latchkey', async () => {
    for (const args of [[], [''], ['--help-me'], ['a', 'b']]) {
      const { status, stdout, stderr } = await ask(args)
      expect([status, stdout], args.join()).toEqual([2, ''])
      expect(stderr).toMatch(/^latchkey: [^\n]+\n$/)
    }
  })

  it('works without curl, and through links: one on PATH to one like those of npm', async () => {
    const api = await scriptedApi(() => granted)
    const PATH = folderWith('node', 'readlink')
    const result = await run(linkThroughNpm(basename(path)), [...words, 'dev'], { env: { ...env(api), PATH } })
    expect(result).toEqual({ status: 0, stdout: line, stderr: '' })
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([false])
  })

  it('says in a line that its output is closed, or ends with its reader', async () => {
    const api = await scriptedApi(() => granted)
    const command = [path, ...words, 'dev'].join(' ')
    expect(await run('sh', ['-c', `exec ${command} >&-`], { env: env(api) })).toEqual({
      status: 1,
      stdout: '',
      stderr: 'latchkey: cannot write the output\n',
    })
    const { stderr } = await run('sh', ['-c', `{ ${command}; echo "$?" >&2; } | :`], { env: env(api) })
    expect(stderr).toMatch(/^(141|0)\n$/)
  })

  it('says that Node is nowhere, where it is needed', async () => {
    const api = await scriptedApi(() => refused(401, 'AWS_MFA_NEEDED'))
    expect(await ask(['dev'], { env: { ...env(api), PATH: folderWith('curl') } })).toEqual({
      status: 127,
      stdout: '',
      stderr: 'latchkey: there is no node on PATH; hint: install Node.js, or put its folder on PATH\n',
    })
  })
})
