import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 20_000, interval: 50 }

describeWithPeers(
  'an agent that a service manager starts',
  ['systemd-socket-activate', 'ssh-add', 'ssh-keygen'],
  () => {
    /** Listens, and becomes the agent when somebody connects. */
    async function activated(listen: readonly string[], args: readonly string[]) {
      const options = [...listen.flatMap((place) => ['-l', place]), '-E', 'PATH', '-E', 'HOME']
      const child = spawn('systemd-socket-activate', [...options, latchkeyPath, 'agent-compat', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      let output = ''
      let log = ''
      child.stdout.on('data', (chunk) => (output += String(chunk)))
      child.stderr.on('data', (chunk) => (log += String(chunk)))
      await vi.waitFor(() => expect(log).toContain('Listening on'), patience)
      return { child, ended: once(child, 'close'), output: () => output, log: () => log }
    }

    it.each([
      ['SIGTERM', 0],
      ['SIGHUP', 2],
    ] as const)(
      'serves the socket that it is passed, leaves it there, and ends by %s with %i',
      async (signal, status) => {
        const folder = temporaryFolder()
        const [socket, key] = [join(folder, 'agent.sock'), join(folder, 'key')]
        await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
        const { child, ended, output } = await activated([socket], ['-D'])
        const env = { SSH_AUTH_SOCK: socket }
        await runOk('ssh-add', ['-q', key], { env })
        await runOk('ssh-add', ['-T', `${key}.pub`], { env })
        child.kill(signal)
        expect(await ended).toEqual([status, null])
        expect([output(), existsSync(socket)]).toEqual(['', true])
      },
    )

    it('refuses more than one', async () => {
      const folder = temporaryFolder()
      const [first, second] = [join(folder, 'a'), join(folder, 'b')]
      const { ended, log } = await activated([first, second], ['-D'])
      // Something has to connect before the agent is started at all.
      const caller = spawn('ssh-add', ['-l'], { env: { ...process.env, SSH_AUTH_SOCK: first }, stdio: 'ignore' })
      expect(await ended).toEqual([1, null])
      expect(log()).toContain('one socket is to be passed, and LISTEN_FDS is 2')
      caller.kill('SIGKILL')
    })

    it('has a socket of its own where it is not to take one, or none is there', async () => {
      const { status, stderr } = await run(latchkeyPath, ['agent-compat', '-D'], {
        env: { LISTEN_PID: '1', LISTEN_FDS: '1' },
      })
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(
          /^latchkey: .*: LISTEN_PID is 1, and this is process \d+\nhint: env -u LISTEN_PID /,
        ),
      })
      const env = { LISTEN_PID: '1', LISTEN_FDS: '1', TMPDIR: temporaryFolder() }
      const command = ['agent-compat', 'sh', '-c', 'ssh-add -l; echo $LISTEN_FDS']
      expect((await run(latchkeyPath, command, { env })).stdout).toBe('The agent has no identities.\n1\n')
    })
  },
)
