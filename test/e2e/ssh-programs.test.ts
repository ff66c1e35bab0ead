import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { type SshHosts, startSshHosts } from '../support/ssh-hosts.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const kinds = {
  'web.example': 'name',
  'db.example': 'hash',
  'git.example': 'certificate',
  'spare.example': 'port',
} as const
const names = Object.keys(kinds)

describeWithPeers('programs that run ssh, to hosts that end after one try', ['sshd', 'ssh', 'ssh-keygen'], () => {
  let folder: string
  let world: SshWorld
  let hosts: SshHosts
  let daemon: BuiltDaemon
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = makeFolder()
    world = await startSshWorld()
    hosts = await startSshHosts(world, at('hosts'), kinds)
    writeFileSync(at('letter'), 'read me\n')
  })
  beforeEach(async () => {
    daemon = await world.startDaemon(hosts.toml())
  })
  afterAll(async () => {
    await world?.close()
    removeFolder(folder)
  })

  /** What start files of the login shell complain of is not looked at. */
  const runOk = async (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = await daemon.run(command, args, { env })
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.anything() })
    return stdout
  }
  const letterIn = (file: string) => expect(readFileSync(at(file), 'utf8')).toBe('read me\n')

  describeWithPeers('such as scp and sftp,', ['scp', 'sftp'], () => {
    it.each(names)('copy a file there and back: %s', async (name) => {
      await runOk('scp', ['-q', '-F', hosts.configFile, at('letter'), `${name}:${at(`there-${name}`)}`])
      await runOk('sftp', ['-q', '-F', hosts.configFile, `${name}:${at(`there-${name}`)}`, at(`back-${name}`)])
      letterIn(`back-${name}`)
    })
  })

  describeWithPeers('such as git,', ['git'], () => {
    it.each(['git.example', 'db.example'])('push, clone and fetch: %s', async (name) => {
      const env = { GIT_SSH_COMMAND: `ssh -F ${hosts.configFile}` }
      const author = ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.com']
      const [here, remote, clone] = [at(`here-${name}`), at(`${name}.git`), at(`clone-${name}`)]
      const git = (...args: string[]) => runOk('git', args, env)
      const push = async (message: string) => {
        await git('-C', here, ...author, 'commit', '-q', '--allow-empty', '-m', message)
        await git('-C', here, 'push', '-q', `ssh://${name}${remote}`, 'main')
      }
      await git('init', '-q', '-b', 'main', here)
      await git('init', '-q', '--bare', '-b', 'main', remote)
      await push('first')
      await git('clone', '-q', `ssh://${name}${remote}`, clone)
      await push('second')
      await git('-C', clone, 'fetch', '-q')
      expect(await git('-C', clone, 'log', '--format=%s', 'origin/main')).toBe('second\nfirst\n')
    })
  })

  describeWithPeers('such as rsync,', ['rsync'], () => {
    it.each(names)('copy a folder there and back: %s', async (name) => {
      const rsync = (from: string, to: string) => runOk('rsync', ['-a', '-e', `ssh -F ${hosts.configFile}`, from, to])
      mkdirSync(at(`from-${name}`))
      writeFileSync(at(`from-${name}/letter`), 'read me\n')
      await rsync(`${at(`from-${name}`)}/`, `${name}:${at(`copy-${name}`)}/`)
      await rsync(`${name}:${at(`copy-${name}`)}/`, `${at(`again-${name}`)}/`)
      letterIn(`again-${name}/letter`)
    })
  })

  describeWithPeers('such as ansible,', ['ansible', 'sftp', 'sshd:terminal'], () => {
    // With its own ControlMaster it would log in to each host once.
    const settings = () => ({
      ANSIBLE_SSH_ARGS: `-F ${hosts.configFile} -o ControlMaster=no`,
      ANSIBLE_HOME: at('ansible'),
      ANSIBLE_LOCAL_TEMP: at('ansible/here'),
      ANSIBLE_REMOTE_TEMP: at('ansible/there'),
      ANSIBLE_PYTHON_INTERPRETER: debianPython,
      ANSIBLE_NOCOLOR: '1',
    })

    it('run a module on all hosts at once', async () => {
      const stdout = await runOk('ansible', ['all', '-o', '-i', `${names.join(',')},`, '-m', 'ping'], settings())
      const answers = names.map((name) => `${name} | SUCCESS => {"changed": false,"ping": "pong"}`)
      expect(stdout.trim().split('\n').sort()).toEqual(answers.sort())
    })

    it('run a command of the shell on all hosts at once', async () => {
      const args = ['all', '-o', '-i', `${names.join(',')},`, '-m', 'raw', '-a', 'echo in']
      const lines = (await runOk('ansible', args, settings())).trim().split('\n')
      expect(lines.filter((line) => line.includes('| CHANGED | rc=0 | (stdout) in'))).toHaveLength(names.length)
    })
  })
})
