import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { openTestVault, type TestVault } from '../support/dev-vault.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

describeWithPeers('a daemon whose token comes from a file', ['ssh-add', 'ssh-keygen'], () => {
  let folder: string
  let server: TestVault
  let daemon: BuiltDaemon
  const tokenFile = () => join(folder, 'token')

  const logIn = async (name: string) => {
    const answer = await server.call('POST', `auth/userpass/login/${name}`, { body: { password: 'pw' } })
    writeFileSync(tokenFile(), String(answer.json.auth.client_token), { mode: 0o600 })
    return String(answer.json.auth.entity_id)
  }
  /** The key ids of what ssh-add lists: who the certificates were made for. */
  const listed = async () => {
    const { stdout } = await daemon.run('ssh-add', ['-L'])
    const { stdout: seen } = await daemon.run('ssh-keygen', ['-L', '-f', '-'], { input: stdout })
    return [...seen.matchAll(/Key ID: "vault-userpass-(\w+)-/g)].map(([, name]) => name)
  }
  const until = async (isTrue: () => Promise<boolean>) => {
    while (!(await isTrue()));
  }

  beforeEach(async () => {
    folder = makeFolder()
    server = await openTestVault({ now: () => Date.now() })
    await server.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    await server.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
    await server.admin('POST', 'ssh/roles/ops', {
      key_type: 'ca',
      allow_user_certificates: true,
      allowed_users: 'ubuntu',
      default_user: 'ubuntu',
      ttl: '30m',
    })
    await server.admin('PUT', 'sys/policies/acl/ops', {
      policy: 'path "ssh/sign/ops" { capabilities = ["update"] }',
    })
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    for (const name of ['jo', 'cy'])
      await server.admin('POST', `auth/userpass/users/${name}`, { password: 'pw', token_policies: ['ops', 'default'] })
  })

  afterEach(async () => {
    await daemon.end('SIGTERM')
    removeFolder(folder)
  })

  const start = async () => {
    daemon = await startBuiltDaemon(
      folder,
      `[vault.corp]\naddress = "${server.vault.address}"\nauth = { method = "token", token_file = "${tokenFile()}" }\n[ssh.identity.ops]\nrole = "ops"\n`,
    )
  }

  it('lists no certificate of the person before, once the token of another one is there', async () => {
    await logIn('jo')
    await start()
    expect(await listed()).toEqual(['jo'])
    await logIn('cy')
    // The file is looked at once a second at most; from then on no list has jo's.
    const seen: (string | undefined)[] = []
    await until(async () => {
      const [name] = await listed()
      seen.push(name)
      return name === 'cy'
    })
    expect(new Set(seen)).toEqual(new Set(seen.includes('jo') ? ['jo', 'cy'] : ['cy']))
    expect(seen.at(-1)).toBe('cy')
  })

  it('tries at once with the token of another person what the one before was refused for good', async () => {
    await server.admin('POST', 'auth/userpass/users/no', { password: 'pw', token_policies: ['default'] })
    await logIn('no')
    await start()
    expect(await listed()).toEqual([])
    const calls = server.calls.length
    expect(await listed()).toEqual([])
    expect(server.calls).toHaveLength(calls)
    await logIn('cy')
    await until(async () => (await listed()).includes('cy'))
  })

  it('keeps a login whose identity was disabled, says so, and uses it again', async () => {
    const entity = await logIn('jo')
    await start()
    await server.admin('POST', `identity/entity/id/${entity}`, { disabled: true })
    expect(await listed()).toEqual([])
    const { stdout } = await daemon.run(process.execPath, [latchkeyPath, 'status', '--json'])
    expect(JSON.parse(stdout).vaults[0]).toMatchObject({
      state: 'logged-out',
      error: { code: 'VAULT_LOGIN_NEEDED', message: expect.stringContaining('this network is not allowed') },
    })
    await server.admin('POST', `identity/entity/id/${entity}`, { disabled: false })
    await until(async () => (await listed()).includes('jo'))
  })
})
