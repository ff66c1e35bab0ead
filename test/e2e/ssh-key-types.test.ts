import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 60_000, interval: 50 }
const statusOf = async (daemon: BuiltDaemon) =>
  JSON.parse((await daemon.run(latchkeyPath, ['status', '--json'])).stdout) as Status

describeWithPeers('identities with keys of all types', ['ssh', 'sshd', 'ssh-add'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
  })
  afterAll(async () => await world.close())

  /** Lists until there are as many as are expected: an RSA key takes its time. */
  const linesOf = async (daemon: BuiltDaemon, count: number) => {
    const lines = async () => (await daemon.run('ssh-add', ['-L'])).stdout.split('\n').filter((line) => line !== '')
    await expect.poll(async () => (await lines()).length, patience).toBe(count)
    return await lines()
  }
  const logIn = async (daemon: BuiltDaemon, options: readonly string[]) =>
    await daemon.run('ssh', [...world.sshd.clientOptions, ...options, `${world.userName}@127.0.0.1`, 'true'])

  const types = [
    ['ed25519', 'ssh-ed25519', 'ED25519-CERT'],
    ['ecdsa-p256', 'ecdsa-sha2-nistp256', 'ECDSA-CERT'],
    ['ecdsa-p384', 'ecdsa-sha2-nistp384', 'ECDSA-CERT'],
    ['ecdsa-p521', 'ecdsa-sha2-nistp521', 'ECDSA-CERT'],
    ['rsa-3072', 'ssh-rsa', 'RSA-CERT'],
    ['rsa-4096', 'ssh-rsa', 'RSA-CERT'],
  ] as const

  it('log in with each of them', async () => {
    await world.writeRole('any')
    const toml = Object.fromEntries(types.map(([name]) => [name, `role = "any"\nkey_type = "${name}"`]))
    const folder = temporaryFolder()
    const daemon = await world.startDaemon(world.toml(toml), folder)
    const lines = await linesOf(daemon, types.length)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(types.map(([, type]) => `${type}-cert-v01@openssh.com`))
    for (const [index, [name, , label]] of types.entries()) {
      const file = join(folder, `${name}-cert.pub`)
      writeFileSync(file, `${lines[index]}\n`)
      const before = world.sshd.log().length
      const login = await logIn(daemon, ['-o', `IdentityFile=${file}`, '-o', 'IdentitiesOnly=yes'])
      expect([name, login.status, login.stderr]).toEqual([name, 0, ''])
      expect(world.sshd.log().slice(before)).toContain(` ${label} `)
    }
  })

  it('are told which key types a role takes, and get another key with another type', async () => {
    await world.writeRole('strict', { allowed_user_key_lengths: { rsa: [4096], ec: [384] } })
    const folder = temporaryFolder()
    const toml = (more: string) => `${world.toml({ strict: more })}\n[keychain]\nstore = "memory"\n`
    const daemon = await world.startDaemon(toml(''), folder)
    expect((await daemon.run('ssh-add', ['-L'])).stdout).toBe('The agent has no identities.\n')
    expect((await statusOf(daemon)).ssh.identities[0]?.error).toMatchObject({
      code: 'VAULT_KEY_NOT_ALLOWED',
      hint: 'set key_type of the ssh identity in config.toml to one that the role takes: ecdsa-p384, rsa-4096',
    })
    for (const [name, type] of [
      ['ecdsa-p384', 'ecdsa-sha2-nistp384'],
      ['rsa-4096', 'ssh-rsa'],
    ]) {
      writeFileSync(daemon.env.LATCHKEY_CONFIG!, toml(`key_type = "${name}"`))
      await expect.poll(async () => (await statusOf(daemon)).ssh.identities[0]?.keyType, patience).toBe(type)
      await linesOf(daemon, 1)
      expect((await logIn(daemon, [])).status).toBe(0)
    }
  })
})
