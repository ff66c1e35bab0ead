import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { userDataFormats } from '../../src/helper/cloud-init/user-data.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { cloudInitModules, debianPython, describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { makeSshMachine } from '../support/ssh-machine.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What cloud-init reads in user data, as far as ours has it. */
interface CloudConfig {
  merge_how?: string
  ssh_authorized_keys?: string[]
  write_files: { path: string; content: string; owner: string; permissions: string }[]
  runcmd: string[][]
}

const env = { PYTHONPATH: cloudInitModules }
/** The parts of a user data as cloud-init itself takes them apart (its handlers by type). */
const partsOf = `import json, sys, yaml
from cloudinit import user_data
from cloudinit.helpers import Paths
message = user_data.UserDataProcessor(Paths({})).process(sys.stdin.buffer.read())
parts = [part for part in message.walk() if not part.is_multipart()]
texts = [part.get_payload(decode=True).decode() for part in parts]
config = lambda text: yaml.safe_load(text) if text.startswith("#cloud-config") else None
print(json.dumps([{"type": p.get_content_type(), "text": t, "config": config(t)} for p, t in zip(parts, texts)]))`

describeWithPeers('user data of latchkey ssh cloud-init', ['ssh', 'sshd', 'ssh-keygen', 'cloud-init'], () => {
  let world: SshWorld
  let daemon: BuiltDaemon
  let breakGlass: string
  beforeAll(async () => {
    world = await startSshWorld()
    await world.writeRole('ops')
  })
  afterAll(async () => await world.close())
  beforeEach(async () => {
    daemon = await world.startDaemon(world.toml({ ops: '' }))
    breakGlass = join(temporaryFolder(), 'break-glass')
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'the "safe": #1', '-f', breakGlass])
  })

  const userData = async (...args: string[]) => {
    const { stdout, stderr, status } = await daemon.run(latchkeyPath, ['ssh', 'cloud-init', ...args])
    expect(status, stderr).toBe(0)
    return stdout
  }
  async function judge(text: string) {
    const file = join(temporaryFolder(), 'user-data.yaml')
    writeFileSync(file, text)
    return await run(debianPython, ['-m', 'cloudinit.cmd.main', 'schema', '--config-file', file], { env })
  }
  async function parts(text: string | Uint8Array): Promise<{ type: string; text: string; config: CloudConfig }[]> {
    return JSON.parse(await runOk(debianPython, ['-c', partsOf], { env, input: text }))
  }
  const options = () => ['--principals', `${world.userName}=root,ops`, '--break-glass', `${breakGlass}.pub`]

  it('the schema of cloud-init takes cloud-config, plain and with everything', async () => {
    for (const text of [await userData(), await userData(...options())]) {
      expect(await judge(text)).toMatchObject({ status: 0, stdout: expect.stringContaining('Valid cloud-config') })
      expect((await judge(text.replace('runcmd:', 'runcmd: 3\nother:'))).status).toBe(1)
    }
  })

  it('MIME has one part, a cloud-config that the schema takes and that says how it is merged', async () => {
    const [part, ...more] = await parts(await userData('--format', 'mime', ...options()))
    expect(more).toEqual([])
    expect(part!.type).toBe('text/cloud-config')
    expect(part!.config.merge_how).toBe('list(append)+dict(no_replace,recurse_list)+str()')
    expect(await judge(part!.text)).toMatchObject({ status: 0 })
  })

  it('several CAs are in one file, and those of types that older sshds know come first', async () => {
    await world.vault.admin('POST', 'sys/mounts/former', { type: 'ssh' })
    const { issuer_id: id } = await world.vault.admin('POST', 'former/config/ca', { generate_signing_key: true })
    const [part] = await parts(await userData('--mount', 'ssh', '--mount', 'former'))
    expect(part!.config.write_files[0]!.content).toMatch(/^ssh-rsa \S+\nssh-ed25519 \S+\n$/)
    const [one] = await parts(await userData('--mount', 'former', '--issuer', String(id)))
    expect(one!.config.write_files[0]!.content).toMatch(/^ssh-rsa \S+\n$/)
  })

  it('without a CA there is no user data, but an error with a hint', async () => {
    await world.vault.admin('POST', 'sys/mounts/empty', { type: 'ssh' })
    for (const [args, message] of [
      [['--mount', 'empty'], 'vault corp: it has no SSH CA at empty/'],
      [['--mount', 'nowhere'], 'vault corp: it has no SSH CA at nowhere/'],
      [['--mount', '../sys'], '"../sys/public_key" is not a path in a vault: .. is no part of one'],
      [['--identity', 'nobody'], 'no identity is called nobody'],
    ] as const) {
      const { status, stdout, stderr } = await daemon.run(latchkeyPath, ['ssh', 'cloud-init', ...args])
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(`latchkey: ${message}\nhint: `)
    }
  })

  it('the key for emergencies is read as it was written', async () => {
    const [part] = await parts(await userData(...options()))
    expect(part!.config.ssh_authorized_keys).toEqual([readFileSync(`${breakGlass}.pub`, 'utf8').trimEnd()])
  })

  it('a script is what cloud-init takes for one', async () => {
    expect(await parts(await userData('--format', 'shell')).then(([part]) => part!.type)).toBe('text/x-shellscript')
  })

  it.each(userDataFormats)('cloud-init takes %s compressed, too', async (format) => {
    const text = await userData('--format', format)
    expect(await parts(gzipSync(text))).toEqual(await parts(text))
  })

  describeWithPeers('on a machine', ['mount:namespace'], () => {
    it('what it writes and runs lets a certificate in, and a second run changes nothing', async () => {
      const [part] = await parts(await userData(...options()))
      const { write_files: files, runcmd } = part!.config
      const below = files.map(({ path, content }) => [path.replace(/^\/etc\/ssh\//, ''), content])
      const config = 'Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication no\n'
      const contents = { sshd_config: config, ...Object.fromEntries(below) }
      const machine = makeSshMachine(world.sshd.hostKeyFile, contents)
      // As cloud-init leaves it: sshd trusts the CA before the script has run.
      expect(await machine.inForce('root', 'trustedusercakeys')).toBe(files[0]!.path)
      const [[command, ...args]] = runcmd as [[string, ...string[]]]
      expect(await machine.run(command, ...args)).toMatchObject({ status: 0, stderr: '' })
      const after = machine.files()
      expect(await machine.run(command, ...args)).toMatchObject({ status: 0, stderr: '' })
      expect(machine.files()).toEqual(after)
      const port = await machine.startSshd()
      const own = world.sshd.clientOptions.map((one) => (one === String(world.sshd.port) ? String(port) : one))
      const target = [`${world.userName}@127.0.0.1`, 'echo in']
      const login = await run('ssh', [...own, '-o', `IdentityAgent=${daemon.sockets.agent}`, ...target])
      expect(login).toMatchObject({ status: 0, stdout: 'in\n' })
    })

    it('the key for emergencies logs in to the sshd that the script has set up, and no other key does', async () => {
      const [part] = await parts(await userData(...options()))
      const { write_files: files, runcmd, ssh_authorized_keys: keys } = part!.config
      // cloud-init installs them in the home folder of the default user, which is not to be touched here.
      const config = 'AuthorizedKeysFile /etc/ssh/keys-of-%u\nPasswordAuthentication no\n'
      const machine = makeSshMachine(world.sshd.hostKeyFile, {
        sshd_config: `${config}Include /etc/ssh/sshd_config.d/*.conf\n`,
        ...Object.fromEntries(files.map(({ path, content }) => [path.replace(/^\/etc\/ssh\//, ''), content])),
        [`keys-of-${world.userName}`]: `${keys!.join('\n')}\n`,
      })
      const [[command, ...args]] = runcmd as [[string, ...string[]]]
      expect(await machine.run(command, ...args)).toMatchObject({ status: 0, stderr: '' })
      const port = await machine.startSshd()
      const own = world.sshd.clientOptions.map((one) => (one === String(world.sshd.port) ? String(port) : one))
      const login = async (key: string) =>
        await run('ssh', [...own, '-i', key, '-o', 'IdentityAgent=none', `${world.userName}@127.0.0.1`, 'echo in'])
      expect(await login(breakGlass)).toMatchObject({ status: 0, stdout: 'in\n' })
      const other = join(temporaryFolder(), 'other')
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
      expect(await login(other)).toMatchObject({ status: 255, stderr: expect.stringContaining('Permission denied') })
    })
  })
})
