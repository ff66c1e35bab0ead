import { describe, expect, it, onTestFinished } from 'vitest'
import { type BuiltDaemon, type BuiltDaemonOptions, startBuiltDaemon } from '../support/built-daemon.ts'
import { openTestVault } from '../support/dev-vault.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function start(toml: string, env: BuiltDaemonOptions['env']): Promise<BuiltDaemon> {
  const daemon = await startBuiltDaemon(temporaryFolder(), toml, { env: { VAULT_ADDR: undefined, ...env } })
  onTestFinished(async () => void (await daemon.end('SIGKILL')))
  return daemon
}

const vaultSection = (name: string, address: string) => `[vault.${name}]\naddress = "${address}"\n`

describe('a certificate that is not as it was asked for', () => {
  it('is served with a warning where its role restricts it', async () => {
    const { vault, admin } = await openTestVault({ now: Date.now })
    await admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    await admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ssh-ed25519' })
    await admin('POST', 'ssh/roles/ops', {
      key_type: 'ca',
      allow_user_certificates: true,
      allowed_users: '*',
      default_critical_options: { 'force-command': '/bin/false' },
    })
    const daemon = await start(
      `${vaultSection('corp', vault.address)}[ssh.identity.ops]\nrole = "ops"\nprincipals = ["bob"]\n`,
      { VAULT_TOKEN: vault.rootToken },
    )
    expect((await daemon.run('ssh-add', ['-l'])).stdout).toContain('ops: ops@corp')
    const { stdout } = await daemon.run(latchkeyPath, ['status'])
    expect(stdout).toContain(
      '  ! ops: warning: the certificate is not as asked for: it is restricted by "force-command=/bin/false"',
    )
    expect(daemon.log()).toContain('force-command=/bin/false')
  })
})

describe('the token of VAULT_TOKEN', () => {
  it('reaches neither of two vaults that it could be for', async () => {
    const [a, b] = [await openTestVault(), await openTestVault()]
    const daemon = await start(
      `${vaultSection('a', a.vault.address)}${vaultSection('b', b.vault.address)}
[ssh.identity.ops]
vault = "b"
role = "ops"
`,
      { VAULT_TOKEN: a.vault.rootToken },
    )
    expect((await daemon.run('ssh-add', ['-l'])).status).toBe(1)
    const login = await daemon.run(latchkeyPath, ['login', 'b'])
    expect(login).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('none of them gets it\nhint: give it a token'),
    })
    const { stdout } = await daemon.run(latchkeyPath, ['status'])
    expect(stdout).toMatch(/! a: vault a: the token of this machine could be for any of a, b.*\n {4}hint: .*token_file/)
    expect(stdout).toMatch(/! b: vault b: /)
    expect([...a.calls, ...b.calls]).toEqual([])
  })
})
