import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { debianPython, debianRuby, describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type SshHosts, startSshHosts } from '../support/ssh-hosts.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import type { Sshd } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const loggedIn = { status: 0, stdout: 'in\n', stderr: '' }
const peer = (file: string) => fileURLToPath(new URL(`../peers/ssh/${file}`, import.meta.url))
const socketOf = (daemon: BuiltDaemon, identity: string) =>
  join(daemon.env.LATCHKEY_RUNTIME_DIR!, `agent-${identity}.sock`)

/** A client, with the key types whose certificates it logs in with. Debian 12's paramiko asks for RSA with SHA-1. */
const clients = [
  { name: 'plink', needs: 'plink', keyTypes: ['ed25519', 'ecdsa-p256', 'ecdsa-p521', 'rsa-3072'] },
  { name: 'paramiko', needs: 'python:paramiko', keyTypes: ['ed25519', 'ecdsa-p256', 'ecdsa-p521'] },
  { name: 'libssh', needs: 'library:libssh.so.4', keyTypes: ['ed25519', 'ecdsa-p256', 'ecdsa-p521', 'rsa-3072'] },
  { name: 'net-ssh', needs: 'ruby:net/ssh', keyTypes: ['ed25519', 'ecdsa-p256', 'ecdsa-p521', 'rsa-3072'] },
] as const

describeWithPeers('clients other than OpenSSH’s', ['sshd', 'ssh-add', 'ssh-keygen'], () => {
  let folder: string
  let world: SshWorld
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = makeFolder()
    world = await startSshWorld()
    await world.writeRole('ops')
    await world.writeRole('other', { allowed_users: 'nobody', default_user: 'nobody' })
  })
  afterAll(async () => {
    await world?.close()
    removeFolder(folder)
  })

  const fingerprintOf = async ({ hostKeyFile }: Sshd) =>
    (await runOk('ssh-keygen', ['-l', '-f', `${hostKeyFile}.pub`])).split(' ')[1]!

  const logIn = async (daemon: BuiltDaemon, client: string, sshd: Sshd, socket = daemon.sockets.agent) => {
    const [port, user, env] = [String(sshd.port), world.userName, { SSH_AUTH_SOCK: socket }]
    if (client === 'plink') {
      const hostKey = ['-hostkey', await fingerprintOf(sshd)]
      return daemon.run('plink', ['-batch', ...hostKey, '-P', port, `${user}@127.0.0.1`, 'echo in'], { env })
    }
    const [program, script] =
      client === 'net-ssh' ? [debianRuby, 'net-ssh-login.rb'] : [debianPython, `${client}-login.py`]
    return daemon.run(program, [peer(script), port, user], { env })
  }

  for (const { name, needs, keyTypes } of clients) {
    describeWithPeers(name, [needs], () => {
      it.each(keyTypes)('logs in at the first try by the socket of an identity: %s', async (keyType) => {
        const toml = world.toml({ other: '', ops: `key_type = "${keyType}"\nsocket = true` })
        const daemon = await world.startDaemon(toml)
        expect(await logIn(daemon, name, world.strictSshd, socketOf(daemon, 'ops'))).toEqual(loggedIn)
      })

      it('is offered by the socket of all what is for every host before what is for others', async () => {
        const daemon = await world.startDaemon(world.toml({ other: 'hosts = ["other.example"]', ops: '' }))
        expect(await logIn(daemon, name, world.strictSshd)).toEqual(loggedIn)
      })
    })
  }

  describeWithPeers('plink without hosts in config.toml', ['plink'], () => {
    it('is turned away after the first identity', async () => {
      const daemon = await world.startDaemon(world.toml({ other: '', ops: '' }))
      expect(await logIn(daemon, 'plink', world.strictSshd)).toMatchObject({ status: 1, stdout: '' })
    })
  })

  describeWithPeers('asyncssh', ['python:asyncssh'], () => {
    it.each(['ed25519', 'ecdsa', 'rsa'])('logs in with a key that ssh-add has added: %s', async (type) => {
      const key = at(`added-${type}`)
      await runOk('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', key])
      const settings = [`AuthorizedKeysFile ${key}.pub`]
      const patient = await world.startSshd(at(`patient-${type}`), { settings })
      const strict = await world.startSshd(at(`strict-${type}`), { settings, isStrict: true })
      const toml = world.toml({ other: '' })
      for (const [sshd, order] of [
        [patient, ''],
        [strict, '[ssh]\norder = "added-first"\n'],
      ] as const) {
        const daemon = await world.startDaemon(`${toml}${order}`)
        await daemon.run('ssh-add', ['-q', key])
        expect(await logIn(daemon, 'asyncssh', sshd)).toEqual(loggedIn)
      }
    })
  })

  describeWithPeers('net-ssh with an ssh_config', ['ruby:net/ssh', 'ssh'], () => {
    const kinds = {
      'plain.example': 'name',
      'hashed.example': 'hash',
      'port.example': 'port',
      'certified.example': 'certificate',
    } as const
    const names = Object.keys(kinds)
    let hosts: SshHosts
    beforeAll(async () => {
      hosts = await startSshHosts(world, at('hosts'), kinds)
    })

    /** Each host has the socket of its identity in ssh_config. */
    const start = async (settings = '') => {
      const daemon = await world.startDaemon(hosts.toml(`socket = true\n${settings}`))
      const config = join(temporaryFolder(), 'ssh-config')
      const sections = names.map((name) => `Host ${name}\nIdentityAgent "${socketOf(daemon, name.split('.')[0]!)}"\n`)
      writeFileSync(config, `${sections.join('')}${readFileSync(hosts.configFile, 'utf8')}`)
      return (...args: string[]) => daemon.run(debianRuby, [peer('net-ssh-config.rb'), config, ...args])
    }

    it('knows hosts as ssh does: by name, hash, port and host certificate', async () => {
      const to = await start()
      for (const name of names) expect(await to(name, 'echo in')).toEqual(loggedIn)
    })

    it('goes through another host with the help of ssh', async () => {
      const to = await start()
      expect(await to('certified.example', 'echo in', 'hashed.example')).toEqual(loggedIn)
    })

    it('forwards the agent without telling it, so that it shows there what may not be forwarded', async () => {
      const to = await start('forward = "never"')
      expect((await to('-A', 'certified.example', 'ssh-add -l')).stdout).toContain('certified@corp')
    })
  })
})
