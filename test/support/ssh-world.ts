import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type BuiltDaemon, type BuiltDaemonOptions, startBuiltDaemon } from './built-daemon.ts'
import { startTestVault, type TestVault } from './dev-vault.ts'
import { type Sshd, type SshdOptions, startSshd } from './sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from './temporary-folder.ts'

const userName = userInfo().username

/** A Vault whose SSH CA certifies the user of the tests, and sshds that trust it. */
export interface SshWorld {
  vault: TestVault
  sshd: Sshd
  /** It ends a connection after the first key that it does not take. */
  strictSshd: Sshd
  userName: string
  /** The public key of that CA. */
  caFile: string
  /** Starts a further sshd with files in this folder. It ends with the others. */
  startSshd(folder: string, options: SshdOptions): Promise<Sshd>
  /** Defines a role that certifies the user. */
  writeRole(name: string, settings?: object): Promise<void>
  /** The section of the vault, and one of an identity: its role has its name where `more` has none. */
  toml(identities: Readonly<Record<string, string>>): string
  /** Starts a daemon that ends with the test. */
  startDaemon(toml: string, folder?: string, options?: BuiltDaemonOptions): Promise<BuiltDaemon>
  close(): Promise<void>
}

/** Starts the servers. */
export async function startSshWorld(): Promise<SshWorld> {
  const folder = makeFolder()
  const vault = await startTestVault({ now: () => Date.now() })
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  const { public_key: caKey } = await vault.admin('POST', 'ssh/config/ca', {
    generate_signing_key: true,
    key_type: 'ed25519',
  })
  const caFile = join(folder, 'ca.pub')
  const tokenFile = join(folder, 'token')
  writeFileSync(caFile, String(caKey))
  writeFileSync(tokenFile, vault.vault.rootToken, { mode: 0o600 })
  const all: Sshd[] = []
  const begin = async (own: string, options: SshdOptions = {}) => {
    mkdirSync(own)
    const started = await startSshd(own, caFile, options)
    all.push(started)
    return started
  }
  const sshd = await begin(join(folder, 'sshd'))
  const strictSshd = await begin(join(folder, 'strict-sshd'), { isStrict: true })
  return {
    vault,
    sshd,
    strictSshd,
    userName,
    caFile,
    startSshd: begin,
    async writeRole(name, settings = {}) {
      await vault.admin('POST', `ssh/roles/${name}`, {
        key_type: 'ca',
        allow_user_certificates: true,
        allowed_users: userName,
        default_user: userName,
        default_extensions: { 'permit-pty': '' },
        ttl: '1h',
        ...settings,
      })
    },
    toml: (identities) =>
      [
        `[vault.corp]\naddress = "${vault.vault.address}"\nauth = { method = "token", token_file = "${tokenFile}" }\n`,
        ...Object.entries(identities).map(
          ([name, more]) =>
            `[ssh.identity.${JSON.stringify(name)}]\n${/^role/m.test(more) ? '' : `role = ${JSON.stringify(name)}\n`}${more}\n`,
        ),
      ].join(''),
    async startDaemon(toml, home = temporaryFolder(), options = {}) {
      const daemon = await startBuiltDaemon(home, toml, options)
      onTestFinished(async () => void (await daemon.end('SIGTERM')))
      return daemon
    },
    async close() {
      await Promise.all(all.map((one) => one.stop()))
      await vault.close()
      removeFolder(folder)
    },
  }
}
