import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import { callApi } from '../support/api-call.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describeWithPeers('certificates that are believed only as far as asked', ['sshd', 'ssh', 'ssh-keygen'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
    await world.writeRole('ops')
    await world.writeRole('forced', { default_critical_options: { 'force-command': 'echo forced' } })
  })
  afterAll(async () => await world?.close())

  /** What becomes of a login with one identity, and what the status says of that. */
  async function logIn(role: string, settings: string) {
    const daemon = await world.startDaemon(world.toml({ only: `role = "${role}"\n${settings}` }))
    const { sshd, userName } = world
    const { status, stdout } = await daemon.run('ssh', [...sshd.clientOptions, `${userName}@127.0.0.1`, 'echo in'])
    const { body } = await callApi(daemon.sockets.api, 'GET', '/v1/status')
    const [identity] = (body as Status).ssh.identities
    return { isIn: status === 0, stdout, code: identity?.error?.code, warnings: identity?.warnings ?? [] }
  }

  it('are used with a warning where a role restricts them otherwise, and refused where strict is set', async () => {
    const loose = await logIn('forced', '')
    expect(loose).toMatchObject({ isIn: true, stdout: 'forced\n' })
    expect(loose.warnings).toEqual([expect.stringContaining('"force-command=echo forced", which was not asked for')])
    const refused = { isIn: false, code: 'CERTIFICATE_MORE_THAN_ASKED' }
    expect(await logIn('forced', 'strict = true')).toMatchObject(refused)
    expect(await logIn('ops', 'strict = true\nttl = "10m"')).toMatchObject({ isIn: true, stdout: 'in\n', warnings: [] })
  })

  it('are taken from the CAs that are named, and from no other', async () => {
    const { public_key: line } = await world.vault.admin('GET', 'ssh/config/ca')
    const file = join(temporaryFolder(), 'ca.pub')
    writeFileSync(file, String(line))
    const named = (await runOk('ssh-keygen', ['-lf', file])).split(' ')[1]!
    const other = `SHA256:${'A'.repeat(43)}`
    expect(await logIn('ops', `ca = ["${other}", "${named}"]`)).toMatchObject({ isIn: true, warnings: [] })
    expect(await logIn('ops', `ca = "${other}"`)).toMatchObject({ isIn: false, code: 'CERTIFICATE_OF_ANOTHER_CA' })
  })

  it('are warned of where they outlive a day', async () => {
    await world.writeRole('long', { ttl: '768h', max_ttl: '768h' })
    const { isIn, warnings } = await logIn('long', '')
    expect(isIn).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('far longer than a day: set ttl')])
  })
})
