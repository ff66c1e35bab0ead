import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive } from '../support/processes.ts'
import { type Finished, type RunOptions, run, runOk } from '../support/run.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 20_000, interval: 50 }

let folder: string
const key = () => join(folder, 'key')
beforeAll(async () => {
  folder = makeFolder()
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', key()])
})
afterAll(() => removeFolder(folder))

const compat = (args: readonly string[], options?: RunOptions): Promise<Finished> =>
  latchkey(['agent-compat', ...args], options)

interface Agent {
  socket: string
  pid: number
  env: Readonly<Record<string, string>>
}

/** Starts an agent in the background, which ends with the test. */
async function startAgent(args: readonly string[] = [], options: RunOptions = {}): Promise<Agent> {
  const { stdout, stderr } = await compat(['-s', ...args], options)
  const print = 'printf "%s\\n" "$SSH_AUTH_SOCK" "$SSH_AGENT_PID"'
  const [, socket = '', pid = ''] = (await runOk('sh', ['-c', `${stdout}${print}`])).split('\n')
  if (pid === '') throw new Error(stderr)
  onTestFinished(() => void (isAlive(Number(pid)) && process.kill(Number(pid), 'SIGTERM')))
  return { socket, pid: Number(pid), env: { SSH_AUTH_SOCK: socket, SSH_AGENT_PID: pid } }
}

const listed = async ({ env }: Pick<Agent, 'env'>) => (await run('ssh-add', ['-l'], { env })).stdout
const none = 'The agent has no identities.\n'
const hasEnded = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience)

describeWithPeers('an agent in the place of ssh-agent', ['ssh-add', 'ssh-keygen'], () => {
  it('goes into the background with a socket of its own, and ends with -k', async () => {
    const agent = await startAgent([], { env: { TMPDIR: temporaryFolder() } })
    expect(agent.socket).toMatch(new RegExp(`/ssh-[A-Za-z0-9]{10}/agent\\.${agent.pid}$`))
    expect(statSync(agent.socket).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(agent.socket)).mode & 0o777).toBe(0o700)
    expect(await listed(agent)).toBe(none)
    await runOk('ssh-add', ['-q', key()], { env: agent.env })
    await runOk('ssh-add', ['-T', `${key()}.pub`], { env: agent.env })
    process.kill(agent.pid, 'SIGINT')
    expect(await listed(agent)).toContain('mine')
    process.kill(agent.pid, 'SIGUSR1')
    await vi.waitFor(async () => expect(await listed(agent)).toBe(none), patience)
    const { status, stdout } = await compat(['-k'], { env: { ...agent.env, SHELL: '/bin/tcsh' } })
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `unsetenv SSH_AUTH_SOCK;\nunsetenv SSH_AGENT_PID;\necho Agent pid ${agent.pid} killed;\n`,
    })
    await hasEnded(agent.pid)
    expect(existsSync(dirname(agent.socket))).toBe(false)
  })

  it('listens at an address, even of a folder that others use, unless something is there', async () => {
    const address = join(temporaryFolder(), 'a b')
    chmodSync(dirname(address), 0o777)
    const agent = await startAgent(['-a', address])
    expect(agent.socket).toBe(address)
    expect(await listed(agent)).toBe(none)
    const second = await compat(['-a', address])
    expect(second).toMatchObject({ status: 1, stdout: '' })
    expect(second.stderr).toContain('there is something already')
    expect(await listed(agent)).toBe(none)
    process.kill(agent.pid, 'SIGHUP')
    await hasEnded(agent.pid)
    expect(existsSync(address)).toBe(false)
    writeFileSync(address, 'a file')
    expect((await compat(['-a', address])).status).toBe(1)
    expect(readFileSync(address, 'utf8')).toBe('a file')
  })

  it('finds its socket again when it ends, where the address was relative', async () => {
    const cwd = temporaryFolder()
    const agent = await startAgent(['-a', 'sock'], { cwd })
    expect(agent.socket).toBe('sock')
    process.kill(agent.pid, 'SIGTERM')
    await hasEnded(agent.pid)
    expect(existsSync(join(cwd, 'sock'))).toBe(false)
  })

  it('gives keys the lifetime of -t', async () => {
    const agent = await startAgent(['-t', '1'])
    await runOk('ssh-add', ['-q', '-t', '1h', key()], { env: agent.env })
    expect(await listed(agent)).toContain('mine')
    await runOk('ssh-add', ['-q', key()], { env: agent.env })
    await vi.waitFor(async () => expect(await listed(agent)).toBe(none), patience)
  })

  it('keeps no file of the script that has started it', async () => {
    const lock = join(temporaryFolder(), 'lock')
    const script = `exec 200>"$LOCK"; flock 200; eval "$("$LATCHKEY" agent-compat -s)" >/dev/null; echo $SSH_AGENT_PID`
    const pid = Number(await runOk('bash', ['-c', script], { env: { LOCK: lock, LATCHKEY: latchkeyPath } }))
    onTestFinished(() => void process.kill(pid, 'SIGTERM'))
    expect((await run('flock', ['-n', lock, 'true'])).status).toBe(0)
  })

  it('starts from a terminal whose NODE_OPTIONS are for debugging', async () => {
    const agent = await startAgent([], { env: { NODE_OPTIONS: '--inspect=0' } })
    expect(await listed(agent)).toBe(none)
    expect(await compat(['-D'], { env: { NODE_OPTIONS: '--inspect=0' } })).toMatchObject({ status: 1, stdout: '' })
  })
})

describeWithPeers('an agent for a command', ['ssh-add'], () => {
  it('runs it, has its exit status, and ends', async () => {
    const script = 'ssh-add -l; echo $SSH_AGENT_PID; exit 7'
    const { status, stdout } = await compat(['sh', '-c', script])
    expect(status).toBe(7)
    const [list, pid] = stdout.split('\n')
    expect(`${list}\n`).toBe(none)
    await hasEnded(Number(pid))
  })

  it('passes its signals, and ends with this process however that dies', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const file = join(temporaryFolder(), 'pids')
      const command = ['sh', '-c', `trap 'exit 5' TERM; echo $SSH_AGENT_PID $$ >${file}; while sleep 0.1; do :; done`]
      const child = spawn(latchkeyPath, ['agent-compat', ...command], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/\n/), patience)
      const [agent, shell] = readFileSync(file, 'utf8').split(' ').map(Number)
      child.kill(signal)
      expect(await ended).toEqual(signal === 'SIGTERM' ? [5, null] : [null, signal])
      await hasEnded(agent!)
      if (signal === 'SIGKILL') process.kill(shell!, 'SIGTERM')
    }
  })
})

describeWithPeers('keys that want a yes', ['ssh-add'], () => {
  it.each([
    ['by force', { SSH_ASKPASS_REQUIRE: 'force' }, 0],
    ['on a display', { DISPLAY: ':99' }, 0],
    ['without a display', {}, 1],
    ['where it is forbidden', { DISPLAY: ':99', SSH_ASKPASS_REQUIRE: 'never' }, 1],
  ])('are asked for by SSH_ASKPASS %s', async (_, env, status) => {
    const own = temporaryFolder()
    const askpass = join(own, 'askpass')
    writeFileSync(askpass, `#!/bin/sh\necho "$SSH_ASKPASS_PROMPT $1" >>${own}/asked\ntest -e ${own}/yes\n`, {
      mode: 0o755,
    })
    const agent = await startAgent([], { env: { SSH_ASKPASS: askpass, ...env } })
    await runOk('ssh-add', ['-q', '-c', key()], { env: agent.env })
    const use = async () => (await run('ssh-add', ['-T', `${key()}.pub`], { env: agent.env })).status
    expect(await use()).toBe(1)
    writeFileSync(join(own, 'yes'), '')
    expect(await use()).toBe(status)
    if (status === 0) expect(readFileSync(join(own, 'asked'), 'utf8')).toMatch(/^confirm .*mine/)
    else expect(existsSync(join(own, 'asked'))).toBe(false)
  })
})

describeWithPeers('an agent whose dialog heeds no signal', ['ssh-add', 'ssh-keygen'], () => {
  it('ends all the same, and the dialog with it', async () => {
    const own = temporaryFolder()
    const [askpass, pids] = [join(own, 'askpass'), join(own, 'pid')]
    const script = `#!/bin/sh\ntrap '' TERM\necho $$ >${pids}.new\nmv ${pids}.new ${pids}\nwhile :; do sleep 0.1; done\n`
    writeFileSync(askpass, script, { mode: 0o755 })
    const agent = await startAgent([], { env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } })
    await runOk('ssh-add', ['-q', '-c', key()], { env: agent.env })
    const use = run('ssh-add', ['-T', `${key()}.pub`], { env: agent.env })
    await vi.waitFor(() => expect(existsSync(pids)).toBe(true), patience)
    const dialog = Number(readFileSync(pids, 'utf8'))
    onTestFinished(() => void (isAlive(dialog) && process.kill(dialog, 'SIGKILL')))
    expect(await compat(['-k'], { env: agent.env })).toMatchObject({ status: 0 })
    await hasEnded(agent.pid)
    await hasEnded(dialog)
    expect((await use).status).toBe(1)
  })
})

it('tells in one line what changes nothing, and ends with the usage at what it does not know', async () => {
  const { status, stderr } = await compat(['-T', '-O', 'allow-remote-pkcs11', '-P', '/usr/lib/*', 'true'])
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: 'latchkey: changes nothing here: -T, -O allow-remote-pkcs11\n',
  })
  expect(await compat(['-x'])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('usage: ') })
})

it('-k ends nothing where the variable names no process', async () => {
  for (const SSH_AGENT_PID of [undefined, '', '0', '1', '-5', 'x', '99999999999'])
    expect(await compat(['-k'], { env: { SSH_AGENT_PID } })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^latchkey: .*\nhint: ps .*\n$/),
    })
})
