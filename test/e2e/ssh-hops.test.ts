import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scriptWord } from '../../src/core/text/shell-word.ts'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type SshHosts, startSshHosts } from '../support/ssh-hosts.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const kinds = {
  'gate.example': 'hash',
  'middle.example': 'port',
  'inner.example': 'certificate',
  'far.example': 'name',
} as const
const [gate, middle, inner, far] = Object.keys(kinds) as [string, string, string, string]
const loggedIn = { status: 0, stdout: 'in\n' }

describeWithPeers(
  'ssh through other hosts, all of which end after one try',
  ['sshd', 'ssh', 'ssh-add', 'ssh-keygen'],
  () => {
    let folder: string
    let world: SshWorld
    let hosts: SshHosts
    const at = (name: string) => join(folder, name)

    beforeAll(async () => {
      folder = makeFolder()
      world = await startSshWorld()
      hosts = await startSshHosts(world, at('hosts'), kinds)
    })
    afterAll(async () => {
      await world?.close()
      removeFolder(folder)
    })

    const ssh = (daemon: BuiltDaemon, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      daemon.run('ssh', ['-F', hosts.configFile, ...args], { env })
    const acceptedBy = (name: string) =>
      hosts
        .sshdOf(name)
        .log()
        .split('\n')
        .filter((line) => line.includes('Accepted publickey'))
    const forwarded = { gate: '', middle: 'forward = "allow"', inner: 'forward = "allow"', far: 'forward = "never"' }
    /** For a shell over there, where the same ssh_config is. */
    const further = (options: string, name: string, command: string) =>
      `ssh -F ${hosts.configFile} ${options} ${name} ${scriptWord(command)}`
    const twiceForwarded = (daemon: BuiltDaemon, command: string) =>
      ssh(daemon, ['-A', gate, further('-A', middle, command)])

    it.each([
      ['one', gate],
      ['three', `${gate},${middle},${far}`],
    ])('is given to each its own identity by ProxyJump: %s', async (_, jumps) => {
      const daemon = await world.startDaemon(hosts.toml())
      expect(await ssh(daemon, ['-J', jumps, inner, 'echo in'])).toMatchObject(loggedIn)
      // What goes through others is no forwarded agent.
      expect(await ssh(daemon, ['-J', jumps, inner, 'ssh-add -l'])).toMatchObject({ stdout: '' })
    })

    it('asks the agent once for all sessions of ControlMaster', async () => {
      const daemon = await world.startDaemon(hosts.toml())
      const before = acceptedBy(inner).length
      const shared = ['-o', 'ControlMaster=auto', '-o', 'ControlPersist=yes', '-S', at('master')]
      const nobody = { SSH_AUTH_SOCK: at('nowhere') }
      try {
        expect(await ssh(daemon, [...shared, '-J', gate, inner, 'echo in'])).toMatchObject(loggedIn)
        expect(await ssh(daemon, ['-S', at('master'), inner, 'echo in'], nobody)).toMatchObject(loggedIn)
        expect(acceptedBy(inner)).toHaveLength(before + 1)
      } finally {
        await ssh(daemon, ['-S', at('master'), '-O', 'exit', inner])
      }
      expect((await ssh(daemon, ['-S', at('master'), inner, 'echo in'], nobody)).status).toBe(255)
    })

    it('shows to the second of two machines with `-A` what may be forwarded, and logs in from there', async () => {
      const daemon = await world.startDaemon(hosts.toml(forwarded))
      const { stdout } = await twiceForwarded(daemon, 'ssh-add -l')
      expect(stdout.match(/\w+@corp/g)).toEqual(['middle@corp', 'inner@corp'])
      expect(await twiceForwarded(daemon, further('', inner, 'echo in'))).toMatchObject(loggedIn)
    })

    it('does not log in from there with what may not be forwarded, and says why', async () => {
      const daemon = await world.startDaemon(hosts.toml(forwarded))
      expect(await ssh(daemon, [far, 'echo in'])).toMatchObject(loggedIn)
      const refused = await twiceForwarded(daemon, further('', far, 'echo in'))
      expect(refused).toMatchObject({ status: 255, stderr: expect.stringContaining('Permission denied') })
      const { notices } = (JSON.parse((await daemon.run(latchkeyPath, ['status', '--json'])).stdout) as Status).ssh
      const reason = 'identity far was not shown on a forwarded connection: forward = "allow" shows it'
      const [, host] = (await runOk('ssh-keygen', ['-l', '-f', `${hosts.sshdOf(far).hostKeyFile}.pub`])).split(' ')
      expect(notices).toContainEqual(expect.objectContaining({ reason, host }))
      expect(daemon.log()).toContain(JSON.stringify(reason))
    })
  },
)
