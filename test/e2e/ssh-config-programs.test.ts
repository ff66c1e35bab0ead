import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import type { RunOptions } from '../support/run.ts'
import { type SshHome, sshHome } from '../support/ssh-home.ts'
import { type SshHosts, startSshHosts } from '../support/ssh-hosts.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const kinds = { 'web.example': 'name', 'db.example': 'hash', 'git.example': 'certificate' } as const
const names = Object.keys(kinds)
const quiet = { status: 0, stderr: '' }

describeWithPeers(
  'what latchkey ssh config --install has written to ~/.ssh/config is used by',
  ['sshd', 'ssh', 'ssh-keygen', 'curl', 'mount:namespace'],
  () => {
    let folder: string
    let world: SshWorld
    let hosts: SshHosts
    let home: string
    let daemon: BuiltDaemon
    let user: SshHome
    const at = (name: string) => join(folder, name)
    const command = () => join(home, 'bin', 'latchkey')

    beforeAll(async () => {
      folder = makeFolder()
      world = await startSshWorld()
      hosts = await startSshHosts(world, at('hosts'), kinds)
      writeFileSync(at('letter'), 'read me\n')
    })
    afterAll(async () => {
      await world?.close()
      removeFolder(folder)
    })
    beforeEach(async () => {
      home = temporaryFolder()
      daemon = await world.startDaemon(hosts.toml('renew = "always"'), home)
      user = sshHome(home, daemon)
      mkdirSync(join(home, 'bin'))
      symlinkSync(latchkeyPath, command())
      mkdirSync(join(home, '.ssh'), { mode: 0o700 })
      const config = readFileSync(hosts.configFile, 'utf8').replace(/^(GlobalKnownHostsFile|IdentityFile) .*\n/gm, '')
      writeFileSync(join(home, '.ssh/config'), config, { mode: 0o600 })
      await install()
    })

    const install = async (...options: string[]) =>
      expect(await user.run(command(), ['ssh', 'config', '--install', ...options])).toMatchObject({ status: 0 })
    /** Nothing but ~/.ssh/config leads to our agent. */
    const env = { SSH_AUTH_SOCK: '/nowhere' }
    const run = (program: string, args: readonly string[], options: RunOptions = {}) =>
      user.run(program, args, { ...options, env: { ...env, ...options.env } })
    const runOk = async (program: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
      const { status, stdout, stderr } = await run(program, args, { env: more })
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.anything() })
      return stdout
    }
    const settingsFor = async (name: string, options: readonly string[] = [], more = {}) => {
      const { stdout, ...rest } = await run('ssh', ['-G', ...options, name], more)
      expect(rest).toEqual(quiet)
      return stdout
    }

    it.each(names)('ssh: %s', async (name) => {
      expect(await run('ssh', [name, 'echo in'])).toEqual({ ...quiet, stdout: 'in\n' })
    })

    it('ssh -G, which has all of it, behind the settings of the user', async () => {
      const settings = await settingsFor('web.example')
      expect(settings).toContain(`\nidentityagent ${daemon.sockets.agent}\n`)
      expect(settings).toContain(
        `\nglobalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2 ${home}/run/`,
      )
      expect(await settingsFor('web.example', ['-o', 'IdentityAgent=/mine'])).toContain('\nidentityagent /mine\n')
    })

    it('ssh -J and ssh -W, which log in to a host on the way', async () => {
      expect(await run('ssh', ['-J', 'web.example', 'db.example', 'echo in'])).toEqual({ ...quiet, stdout: 'in\n' })
      const through = ['-o', 'ProxyCommand ssh -W %h:%p git.example', 'db.example', 'echo in']
      expect(await run('ssh', through)).toEqual({ ...quiet, stdout: 'in\n' })
    })

    it('ssh, for an identity that it names', async () => {
      await install('--identity', 'web=web.*', '--identity', 'db=nowhere')
      await expect.poll(() => existsSync(join(home, 'run/identity/web-cert.pub')), { timeout: 20_000 }).toBe(true)
      const settings = await settingsFor('web.example')
      expect(settings).toContain(`\nidentityfile ${home}/run/identity/web-cert.pub\n`)
      expect(settings).toContain('\nidentitiesonly yes\n')
      expect(await run('ssh', ['web.example', 'echo in'])).toEqual({ ...quiet, stdout: 'in\n' })
      // There is no certificate any more, and nothing that names it.
      await daemon.end('SIGTERM')
      expect(await settingsFor('web.example')).not.toContain('web-cert.pub')
    })

    const withPath = (...programs: string[]) => {
      const path = temporaryFolder()
      for (const program of ['unshare', 'mount', 'sh', 'ssh', ...programs])
        symlinkSync(findProgram(program)!, join(path, program))
      return { env: { PATH: path } }
    }

    it('ssh, without a word of ours where the daemon, what it runs or Node is away', async () => {
      expect(await settingsFor('web.example', [], withPath())).not.toContain('identityagent')
      await daemon.end('SIGKILL')
      expect(await settingsFor('web.example')).not.toContain('identityagent')
      const refused = await run('ssh', ['web.example', 'true'])
      const denied = /^[^\n]*Permission denied[^\n]*\n$/
      expect(refused).toMatchObject({ status: 255, stderr: expect.stringMatching(denied) })
      rmSync(command())
      expect(await settingsFor('web.example')).not.toContain('identityagent')
    })

    it('ssh, without Node where there is curl, and without curl where there is Node', async () => {
      await run('ssh', ['web.example', 'true'])
      expect(await settingsFor('web.example', [], withPath('curl'))).toContain('\nidentityagent ')
      expect(await settingsFor('web.example', [], withPath('node'))).toContain('\nidentityagent ')
    })

    it('ssh, whose names of users and hosts no shell reads', async () => {
      for (const name of ['$(touch HERE)', '`touch HERE`', ';touch HERE', '-x', "'$(touch HERE)'", '!touch']) {
        for (const shell of ['/bin/sh', '/usr/bin/fish', '/bin/tcsh'])
          for (const args of [
            ['-l', name, 'web.example'],
            ['--', name],
          ])
            await run('ssh', ['-G', ...args], { cwd: home, env: { SHELL: shell } })
      }
      expect((await run('ls', [home])).stdout).not.toContain('HERE')
    })

    describeWithPeers('scp and sftp', ['scp', 'sftp'], () => {
      it('copy a file there and back', async () => {
        await runOk('scp', ['-q', at('letter'), `web.example:${at('there')}`])
        await runOk('sftp', ['-q', `git.example:${at('there')}`, at('back')])
        expect(readFileSync(at('back'), 'utf8')).toBe('read me\n')
      })
    })

    describeWithPeers('rsync', ['rsync'], () => {
      it('copies a folder', async () => {
        mkdirSync(at('from'))
        writeFileSync(at('from/letter'), 'read me\n')
        await runOk('rsync', ['-a', `${at('from')}/`, `db.example:${at('copy')}/`])
        expect(readFileSync(at('copy/letter'), 'utf8')).toBe('read me\n')
      })
    })

    describeWithPeers('git', ['git'], () => {
      it('clones', async () => {
        const author = ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.com']
        await runOk('git', ['init', '-q', '-b', 'main', at('repository')])
        await runOk('git', ['-C', at('repository'), ...author, 'commit', '-q', '--allow-empty', '-m', 'first'])
        await runOk('git', ['clone', '-q', `ssh://git.example${at('repository')}`, at('clone')])
        expect(await runOk('git', ['-C', at('clone'), 'log', '--format=%s'])).toBe('first\n')
      })
    })

    describeWithPeers('ansible', ['ansible', 'sftp'], () => {
      it('runs a module on all hosts at once', async () => {
        const settings = {
          ANSIBLE_SSH_ARGS: '-o ControlMaster=no',
          ANSIBLE_HOME: at('ansible'),
          ANSIBLE_LOCAL_TEMP: at('ansible/here'),
          ANSIBLE_REMOTE_TEMP: at('ansible/there'),
          ANSIBLE_PYTHON_INTERPRETER: debianPython,
          ANSIBLE_NOCOLOR: '1',
        }
        const stdout = await runOk('ansible', ['all', '-o', '-i', `${names.join(',')},`, '-m', 'ping'], settings)
        const answers = names.map((name) => `${name} | SUCCESS => {"changed": false,"ping": "pong"}`)
        expect(stdout.trim().split('\n').sort()).toEqual(answers.sort())
      })
    })
  },
)
