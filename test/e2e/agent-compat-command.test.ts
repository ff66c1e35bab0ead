import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive } from '../support/processes.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 20_000, interval: 50 }

const subjects: [string, readonly [string, ...string[]]][] = [
  ['ssh-agent', ['ssh-agent']],
  ['latchkey agent-compat', [latchkeyPath, 'agent-compat']],
]

/** A folder for the sockets of agents, to see what they leave there. */
const sockets = () => {
  const folder = temporaryFolder()
  return { env: { TMPDIR: folder }, left: () => readdirSync(folder) }
}

describeWithPeers('with a command, both', ['ssh-agent'], () => {
  describe.each(subjects)('%s', (name, [program, ...first]) => {
    it.each([
      ['missing', '/nonexistent'],
      ['missing on PATH', 'no-such-program'],
      ['a file that is not executable', 'data'],
      ['a folder', 'folder'],
      ['without a name', ''],
    ])('ends with status 1 and a word where it is %s', async (_, command) => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'data'), 'x', { mode: 0o600 })
      mkdirSync(join(folder, 'folder'))
      const path = ['data', 'folder'].includes(command) ? join(folder, command) : command
      const { status, stdout, stderr } = await run(program, [...first, path], { env: { TMPDIR: folder } })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(path)
    })

    it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL', 'SIGUSR2'] as const)('ends by %s as it does', async (signal) => {
      const child = spawn(program, [...first, 'sh', '-c', `kill -${signal.slice(3)} $$`], { stdio: 'ignore' })
      expect(await once(child, 'close')).toEqual([null, signal])
    })

    it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('leaves %s to it, whether it heeds it or not', async (signal) => {
      const { env, left } = sockets()
      for (const heeds of [true, false]) {
        const file = join(temporaryFolder(), 'pid')
        const trap = heeds ? `trap 'exit 5' ${signal.slice(3)};` : ''
        const script = `${trap} echo $SSH_AGENT_PID >${file}; while sleep 0.1; do :; done`
        const child = spawn(program, [...first, 'sh', '-c', script], {
          env: { ...process.env, ...env },
          stdio: 'ignore',
        })
        const ended = once(child, 'close')
        await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/\n/), patience)
        child.kill(signal)
        expect(await ended).toEqual(heeds ? [5, null] : [null, signal])
        if (name !== 'ssh-agent') {
          // ssh-agent looks every ten seconds.
          await vi.waitFor(() => expect(isAlive(Number(readFileSync(file, 'utf8')))).toBe(false), patience)
          expect(left()).toEqual([])
        } else process.kill(Number(readFileSync(file, 'utf8')), 'SIGTERM')
      }
    })

    it('shows its usage at -h, and fails', async () => {
      const { status, stdout, stderr } = await run(program, [...first, '-h'])
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^usage: .*-a bind_address/m)
    })
  })
})

describe('an agent whose lines cannot be written', () => {
  it.each(['-s', '-D', '-k'])('says so, and leaves nothing behind: %s', async (option) => {
    const { env, left } = sockets()
    const victim = spawn('sleep', ['1000'], { stdio: 'ignore' })
    onTestFinished(() => void victim.kill('SIGKILL'))
    const { status, stderr } = await run('sh', ['-c', `${latchkeyPath} agent-compat ${option} >/dev/full`], {
      env: { ...env, SSH_AGENT_PID: String(victim.pid) },
    })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^latchkey: cannot write the output: ENOSPC.*\n$/),
    })
    expect(left()).toEqual([])
  })

  it('goes on where they are read and the pipe is closed then', async () => {
    const { env } = sockets()
    const child = spawn(latchkeyPath, ['agent-compat', '-D'], { env: { ...process.env, ...env }, stdio: 'pipe' })
    const ended = once(child, 'exit')
    const [lines] = (await once(child.stdout, 'data')) as [Buffer]
    child.stdout.destroy()
    const socket = /^SSH_AUTH_SOCK=([^;]+);/.exec(String(lines))![1]!
    expect((await run('ssh-add', ['-l'], { env: { SSH_AUTH_SOCK: socket } })).stdout).toContain('no identities')
    child.kill('SIGTERM')
    expect(await ended).toEqual([2, null])
  })
})

describe('with few open files', () => {
  const withFiles = (count: number, script: string) =>
    run('sh', ['-c', `ulimit -n ${count}; ${script}`], { env: { LATCHKEY: latchkeyPath } })

  it('an agent works, or says how many it takes', async () => {
    const enough = '"$LATCHKEY" agent-compat sh -c "ssh-add -l"'
    expect(await withFiles(64, enough)).toMatchObject({ stdout: 'The agent has no identities.\n', stderr: '' })
    // Node 24 cannot open a script with 21, and the agent works with 28; with Node 20 that is 19 and 25.
    for (const script of [enough, '"$LATCHKEY" agent-compat -s'])
      expect(await withFiles(22, script)).toEqual({
        status: 1,
        stdout: '',
        stderr: 'latchkey: the agent cannot be started: too few files may be open\nhint: ulimit -n 64\n',
      })
  })
})

describeWithPeers('the lines for a C shell', ['tcsh', 'fish', 'ssh-add'], () => {
  const paths = ['plain', 'a b', "it's", 'wow!', '$HOME `id` "x" *', 'back\\slash', '~']
  /** What the shell has of the variable, what an agent there says, and what is left when it was ended. */
  const expected = (path: string) => [path, 'The agent has no identities.', 'none']

  it.each(paths)('are read by tcsh: %s', async (name) => {
    const path = join(temporaryFolder(), name)
    const script = [
      'eval `"$LATCHKEY" agent-compat -c -a "$ADDRESS:q"` > /dev/null',
      'echo "$SSH_AUTH_SOCK:q"',
      'ssh-add -l',
      'eval `"$LATCHKEY" agent-compat -ck` > /dev/null',
      'if (! $?SSH_AUTH_SOCK && ! $?SSH_AGENT_PID) echo none',
      '',
    ].join('\n')
    const env = { LATCHKEY: latchkeyPath, ADDRESS: path }
    // From a file, since csh takes one line with -c.
    const file = join(temporaryFolder(), 'script')
    writeFileSync(file, script)
    expect((await outputOf('tcsh', ['-f', file], env)).split('\n').slice(0, 3)).toEqual(expected(path))
  })

  it.each(paths)('are read by fish: %s', async (name) => {
    const path = join(temporaryFolder(), name)
    const script = `
      $LATCHKEY agent-compat -c -a $ADDRESS | source >/dev/null
      echo $SSH_AUTH_SOCK
      ssh-add -l
      kill $SSH_AGENT_PID; and echo none`
    const env = { LATCHKEY: latchkeyPath, ADDRESS: path }
    expect((await outputOf('fish', ['--no-config', '-c', script], env)).split('\n').slice(0, 3)).toEqual(expected(path))
  })

  /** Its status is that of `ssh-add -l`, or of what came last. */
  const outputOf = async (shell: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
    (await run(shell, args, { env })).stdout
})
