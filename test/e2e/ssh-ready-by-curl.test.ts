import { once } from 'node:events'
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { type ScriptedReply, scriptedApi } from '../support/helper-api.ts'
import { latchkeyByNode, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { folderWith, linkThroughNpm } from '../support/program-folder.ts'
import { type RunOptions, run as runProgram } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = (args: readonly string[], options: RunOptions) =>
  runProgram(latchkeyPath, ['ssh', 'ready', ...args], options)
const [node, file] = latchkeyByNode
const ready: ScriptedReply = { status: 200, body: {} }
const quiet = { status: 0, stdout: '', stderr: '' }
const env = ({ folder }: { folder: string }) => ({ LATCHKEY_RUNTIME_DIR: folder })
const target = { user: 'jo', host: 'db.example', port: 22 }
const args = ({ user, host, port }: { user: string; host: string; port: number | string } = target) => [
  '--user',
  user,
  '--port',
  String(port),
  host,
]

describeWithPeers('latchkey ssh ready by curl', ['curl', 'sh'], () => {
  it.each([
    target,
    { user: 'jo.doe@corp_x+y', host: 'fe80::1%eth0', port: 65_535 },
    { user: 'JO', host: 'WEB-1.example.', port: 1 },
  ])('is silent where there is a certificate, without starting node: %j', async (wanted) => {
    const api = await scriptedApi(() => ready)
    const PATH = withLoudNode()
    for (const option of [[], ['--if-running']])
      expect(await run([...option, ...args(wanted)], { env: { ...env(api), PATH } })).toEqual(quiet)
    const request = { method: 'POST', path: '/v1/ssh/ready', mode: 'never', byCurl: true, body: wanted }
    expect(api.requests).toEqual([
      { ...request, connection: 1 },
      { ...request, connection: 2 },
    ])
  })

  it('asks for a host by its port, and for an alias without, as latchkey does', async () => {
    const api = await scriptedApi(() => ready)
    const withHostname = (hostname: string, host: string) => [
      ...args({ ...target, port: 2222 }).slice(0, 4),
      '--hostname',
      hostname,
      host,
    ]
    const [plain, alias] = [
      { ...target, port: 2222 },
      { user: 'jo', host: 'db.example' },
    ]
    const cases = [
      ['db.example', true, plain],
      ['10.0.0.1', true, alias],
      ['web.example', true, alias],
      ['DB.example', true, alias],
      ['\u212a.example', false, alias],
      ['-x', false, alias],
    ] as const
    for (const [hostname] of cases)
      expect(await run(withHostname(hostname, 'db.example'), { env: env(api) }), hostname).toEqual(quiet)
    expect(api.requests.map(({ byCurl, body }) => [byCurl, body])).toEqual(cases.map(([, ...rest]) => rest))
    await run(withHostname('\u212a.example', '\u212a.example'), { env: env(api) })
    expect(api.requests.at(-1)).toMatchObject({ byCurl: false, body: { host: '\u212a.example', port: 2222 } })
  })

  it('ignores .curlrc and proxies', async () => {
    const api = await scriptedApi(() => ready)
    const home = temporaryFolder()
    writeFileSync(join(home, '.curlrc'), 'head\nurl = "http://127.0.0.1:1/"\n')
    const misleading = { HOME: home, http_proxy: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' }
    expect(await run(args(), { env: { ...env(api), ...misleading } })).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true])
  })

  it.each([
    [
      'a problem',
      { status: 200, body: { problem: { code: 'X', message: 'vault corp is sealed', hint: 'ask' } } },
      'latchkey: vault corp is sealed; hint: ask\n',
    ],
    ['a refusal', { status: 404, body: { error: { code: 'X', message: 'no such call' } } }, 'latchkey: no such call\n'],
    ['more than there should be', { status: 200, raw: '{}$(touch HERE){}' }, expect.stringMatching(/^latchkey: .*\n$/)],
    ['another answer', { status: 200, raw: '{"a":"`touch HERE`"}' }, ''],
    ['half an answer', { status: 200, body: { problem: {} }, isCut: true }, ''],
  ] as const)('leaves %s to latchkey, and ssh goes on', async (_what, reply, stderr) => {
    const api = await scriptedApi(() => reply)
    const cwd = temporaryFolder()
    expect(await run(args(), { env: env(api), cwd })).toEqual({ ...quiet, stderr })
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true, false])
    expect(readdirSync(cwd)).toEqual([])
  })

  it('leaves it to latchkey to ask a person', async () => {
    const needed = { status: 401, body: { error: { code: 'VAULT_LOGIN_NEEDED', message: 'a login is needed' } } }
    const api = await scriptedApi(({ mode }) => (mode === 'never' ? needed : ready))
    expect(await run(args(), { env: env(api) })).toEqual(quiet)
    expect(api.requests.map(({ mode, byCurl, body }) => [mode, byCurl, body])).toEqual([
      ['never', true, target],
      ['never', false, target],
      ['program', false, target],
    ])
  })

  it('is silent where there is no daemon, without starting node, and fails if that is wanted', async () => {
    const [empty, dead] = [temporaryFolder(), await folderOfDeadSocket()]
    for (const folder of [empty, dead, join(empty, 'none')]) {
      // Node is to see to a folder that is missing, for what is in the way of it may be another's, and to a socket that is there.
      const PATH = folder === empty ? withLoudNode() : folderWith('curl', 'node')
      const away = { env: { ...env({ folder }), PATH } }
      expect(await run(args(), away), folder).toEqual(quiet)
      expect(await run(['--if-running', ...args()], away), folder).toEqual({ ...quiet, status: 1 })
    }
  })

  it('asks by itself where curl may not connect, as in a snap', async () => {
    const api = await scriptedApi(() => ready)
    const folder = folderWith('node')
    writeFileSync(join(folder, 'curl'), '#!/bin/sh\nexit 7\n', { mode: 0o755 })
    const options = { env: { ...env(api), PATH: folder } }
    expect(await run(['--if-running', ...args()], options)).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([false])
  })

  it.each(['a b', 'a"b', "a'b", 'a\\', '$(touch HERE)', '`touch HERE`', 'a\nb', ';touch HERE', '*', 'ü', 'a\u001b[2J'])(
    'leaves the names %j, which JSON or a shell may read otherwise, to latchkey',
    async (name) => {
      const api = await scriptedApi(() => ready)
      const cwd = temporaryFolder()
      for (const wanted of [
        { ...target, user: name },
        { ...target, host: name },
      ])
        expect(await run(['--if-running', ...args(wanted)], { env: env(api), cwd })).toEqual(quiet)
      expect(api.requests.map(({ body, byCurl }) => [body, byCurl])).toEqual([
        [{ ...target, user: name }, false],
        [{ ...target, host: name }, false],
      ])
      expect(readdirSync(cwd)).toEqual([])
    },
  )

  it('leaves names that nobody has for their length to latchkey', async () => {
    const api = await scriptedApi(() => ready)
    for (const length of [255, 256, 1024, 100_000])
      expect(await run(args({ ...target, host: 'x'.repeat(length) }), { env: env(api) })).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true, false, false, false])
  })

  it('leaves the forms that it does not know to latchkey', async () => {
    const api = await scriptedApi(() => ready)
    const forms = [
      ['db.example'],
      ['db.example', '--user', 'jo'],
      ['--user', 'jo', '--if-running', 'db.example'],
      ['--if-running', '--port', '022', '--user', 'jo', 'db.example'],
      args({ ...target, port: '022' }),
      ['--user', 'jo', '--hostname', 'db', '--port', '22', 'db.example'],
    ]
    for (const form of forms) expect(await run(form, { env: env(api) }), form.join(' ')).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual(forms.map(() => false))
  })

  it('leaves it to latchkey where its own path is relative, and finds that', async () => {
    const api = await scriptedApi(() => ready)
    const folder = dirname(latchkeyPath)
    for (const [cwd, path] of [
      [folder, './latchkey.cjs'],
      [dirname(folder), 'dist/latchkey.cjs'],
    ] as const)
      expect(await runProgram(path, ['ssh', 'ready', ...args()], { env: env(api), cwd })).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([false, false])
  })

  it('leaves wrong usage to latchkey', async () => {
    const api = await scriptedApi(() => ready)
    const port = (text: string) => args({ ...target, port: text })
    for (const form of [
      [],
      [''],
      ['--help-me'],
      ['--if-running'],
      ['a', 'b'],
      [...args(), 'b', 'c'],
      ...['0', '65536', '1e3', '-1', ''].map(port),
    ]) {
      const { status, stdout, stderr } = await run(form, { env: env(api) })
      expect([status, stdout], form.join(' ')).toEqual([2, ''])
      expect(stderr, form.join(' ')).toMatch(/^latchkey: /)
    }
    const help = await run(['--help'], { env: env(api) })
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('latchkey ssh ready') })
    expect(api.requests.filter(({ byCurl }) => !byCurl)).toEqual([])
  })

  it('says what latchkey says where a daemon hangs, and keeps ssh waiting for no longer', async () => {
    const api = await scriptedApi(() => undefined)
    const begunMs = performance.now()
    const [byCurl, byNode] = await Promise.all([
      run(args(), { env: env(api) }),
      runProgram(node, [file, 'ssh', 'ready', ...args()], { env: env(api) }),
    ])
    // It has not begun anew, which takes twelve seconds more.
    expect(performance.now() - begunMs).toBeLessThan(20_000)
    expect(byCurl).toEqual({ ...quiet, stderr: expect.stringContaining('within 12 s') })
    expect(byCurl).toEqual(byNode)
  })

  it('works without curl, and through links: one on PATH to one like those of npm', async () => {
    const api = await scriptedApi(() => ready)
    const PATH = folderWith('node')
    expect(
      await runProgram(linkThroughNpm('latchkey.cjs'), ['ssh', 'ready', ...args()], { env: { ...env(api), PATH } }),
    ).toEqual(quiet)
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([false])
  })

  it('is silent without curl and Node, as where there is no daemon', async () => {
    const api = await scriptedApi(() => ready)
    const options = { env: { ...env(api), PATH: temporaryFolder() } }
    expect(await run(args(), options)).toEqual(quiet)
    expect(await run(['--if-running', ...args()], options)).toEqual({ ...quiet, status: 1 })
    expect(api.requests).toEqual([])
  })
})

describeWithPeers('latchkey ssh ready in the sh of macOS', ['curl', 'bash'], () => {
  it('asks by curl, and leaves to latchkey what is not plain', async () => {
    const api = await scriptedApi(({ byCurl }) =>
      byCurl ? ready : { status: 404, body: { error: { message: 'no' } } },
    )
    const inBash = (words: readonly string[], LC_ALL: string) =>
      runProgram('bash', ['--posix', latchkeyPath, 'ssh', 'ready', ...words], { env: { ...env(api), LC_ALL } })
    for (const locale of ['C', 'C.UTF-8']) {
      expect(await inBash(args(), locale)).toEqual(quiet)
      for (const host of ['ü', '$(touch HERE)', 'a\nb'])
        expect(await inBash(args({ ...target, host }), locale)).toMatchObject({ status: 0, stderr: 'latchkey: no\n' })
    }
    expect(api.requests.filter(({ byCurl }) => byCurl)).toHaveLength(2)
    const away = { LATCHKEY_RUNTIME_DIR: temporaryFolder() }
    const words = ['--posix', latchkeyPath, 'ssh', 'ready', '--if-running', ...args()]
    expect(await runProgram('bash', words, { env: away })).toMatchObject({ status: 1 })
  })

  it('minds no options and functions that a caller has exported', async () => {
    const api = await scriptedApi(() => ({ status: 404, body: { error: { message: 'no' } } }))
    const exported = Object.fromEntries(
      ['cd', 'curl', 'grep', 'base64'].map((name) => [`BASH_FUNC_${name}%%`, `() { echo ${name} >&2; }`]),
    )
    const inBash = (words: readonly string[]) =>
      runProgram('bash', ['--posix', latchkeyPath, ...words], {
        env: { ...env(api), ...exported, SHELLOPTS: 'errexit:nounset' },
      })
    expect(await inBash(['ssh', 'ready', ...args()])).toEqual({ ...quiet, stderr: 'latchkey: no\n' })
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true, false])
    expect(await inBash(['--version'])).toMatchObject({ status: 0, stderr: '' })
  })
})

/** A folder for PATH with curl, and a Node that says that it was started. */
function withLoudNode(): string {
  const folder = folderWith('curl')
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho node >&2\nexit 9\n', { mode: 0o755 })
  return folder
}

/** What a daemon leaves that was killed. */
async function folderOfDeadSocket(): Promise<string> {
  const folder = temporaryFolder()
  const server = createServer().listen(join(folder, 'bound'))
  await once(server, 'listening')
  // Node would remove it when it closes, by the name that it was bound to.
  renameSync(join(folder, 'bound'), join(folder, 'api.sock'))
  await new Promise((resolve) => server.close(resolve))
  return folder
}
