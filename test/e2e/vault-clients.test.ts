import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFullVault, type FullVault } from '../doubles/vault/full-server.ts'
import { openTestVault, type TestVault } from '../support/dev-vault.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

/** What is used here of node-vault, whose own types want packages that are not installed. */
interface NodeVault {
  token: string
  read(path: string): Promise<NodeVaultAnswer>
  list(path: string): Promise<NodeVaultAnswer>
  write(path: string, body: object): Promise<NodeVaultAnswer>
  delete(path: string): Promise<unknown>
  health(): Promise<Record<string, unknown>>
  status(): Promise<Record<string, unknown>>
  initialized(): Promise<Record<string, unknown>>
  mount(options: object): Promise<unknown>
  mounts(): Promise<NodeVaultAnswer>
  enableAuth(options: object): Promise<unknown>
  auths(): Promise<NodeVaultAnswer>
  addPolicy(options: object): Promise<unknown>
  getPolicy(options: object): Promise<NodeVaultAnswer>
  policies(): Promise<NodeVaultAnswer>
  userpassLogin(options: object): Promise<NodeVaultAnswer>
  addApproleRole(options: object): Promise<unknown>
  getApproleRoleId(options: object): Promise<NodeVaultAnswer>
  getApproleRoleSecret(options: object): Promise<NodeVaultAnswer>
  approleLogin(options: object): Promise<NodeVaultAnswer>
  tokenCreate(options: object): Promise<NodeVaultAnswer>
  tokenLookupSelf(): Promise<NodeVaultAnswer>
  tokenRenewSelf(options?: object): Promise<NodeVaultAnswer>
  tokenRevokeSelf(): Promise<unknown>
  tokenAccessors(): Promise<NodeVaultAnswer>
  unwrap(options?: object): Promise<NodeVaultAnswer>
}

interface NodeVaultAnswer {
  data: Record<string, unknown>
  auth: { client_token: string; policies: string[]; lease_duration: number; metadata: object }
}

const nodeVault: (options: object) => NodeVault = createRequire(import.meta.url)('node-vault')

/** A key pair made by ssh-keygen. */
async function makeKey(folder: string, type = 'ed25519'): Promise<{ file: string; line: string }> {
  const file = join(folder, `key-${type}`)
  const bits = type === 'rsa' ? ['-b', '2048'] : []
  await runOk('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', 'jo@laptop', '-f', file])
  return { file, line: await runOk('cat', [`${file}.pub`]) }
}

/** What ssh-keygen reads in a certificate. */
async function describeCertificate(folder: string, signedKey: string): Promise<string> {
  const file = join(folder, 'seen-cert.pub')
  writeFileSync(file, signedKey)
  return runOk('ssh-keygen', ['-L', '-f', file])
}

const opsRole = {
  key_type: 'ca',
  allow_user_certificates: true,
  allowed_users: 'ubuntu,deploy',
  default_user: 'ubuntu',
  default_extensions: { 'permit-pty': '' },
  ttl: '30m',
  max_ttl: '2h',
}

describeWithPeers('node-vault with the development Vault', ['ssh-keygen'], () => {
  const connect = ({ vault }: TestVault, token = vault.rootToken) => nodeVault({ endpoint: vault.address, token })

  async function openWithCa() {
    const vault = await openTestVault()
    const root = connect(vault)
    await root.mount({ mount_point: 'ssh', type: 'ssh' })
    await root.write('ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
    await root.write('ssh/roles/ops', opsRole)
    await root.addPolicy({ name: 'signing', rules: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    return { vault, root }
  }

  it('asks for health, seal status, mounts and policies', async () => {
    const { vault, root } = await openWithCa()
    expect(await root.health()).toMatchObject({ initialized: true, sealed: false, standby: false })
    expect(await root.status()).toMatchObject({ sealed: false, t: 1, n: 1, progress: 0 })
    expect(await root.initialized()).toEqual({ initialized: true })
    expect((await root.mounts()).data).toMatchObject({ 'ssh/': { type: 'ssh' }, 'sys/': { type: 'system' } })
    expect((await root.auths()).data).toMatchObject({ 'token/': { type: 'token' } })
    expect((await root.policies()).data.policies).toEqual(['default', 'root', 'signing'])
    expect((await root.getPolicy({ name: 'signing' })).data.rules).toContain('ssh/sign/ops')
    expect((await root.list('ssh/roles')).data.keys).toEqual(['ops'])
    await root.delete('ssh/roles/ops')
    await expect(root.read('ssh/roles/ops')).rejects.toThrow('Status 404')
    vault.vault.seal()
    await expect(root.mounts()).rejects.toThrow('Vault is sealed')
  })

  it('logs in with a password and has a key signed, which ssh-keygen reads', async () => {
    const { vault, root } = await openWithCa()
    await root.enableAuth({ mount_point: 'userpass', type: 'userpass' })
    await root.write('auth/userpass/users/jo', { password: 'correct horse', token_policies: 'signing' })
    const person = connect(vault, '')
    const { auth } = await person.userpassLogin({ username: 'jo', password: 'correct horse' })
    expect(auth).toMatchObject({ policies: ['default', 'signing'], metadata: { username: 'jo' } })
    person.token = auth.client_token
    const folder = temporaryFolder()
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      const { line } = await makeKey(folder, type)
      const { data } = await person.write('ssh/sign/ops', { public_key: line, valid_principals: 'deploy' })
      const seen = await describeCertificate(folder, String(data.signed_key))
      expect(seen).toMatch(/Type: \S+ user certificate/)
      expect(seen).toMatch(/Key ID: "vault-userpass-jo-[0-9a-f]{64}"/)
      expect(seen).toMatch(/Principals: \n\s+deploy\n/)
      expect(seen).toContain('permit-pty')
      expect(seen).toContain(`Serial: ${BigInt(`0x${String(data.serial_number)}`)}`)
    }
    await expect(person.read('ssh/roles/ops')).rejects.toThrow('permission denied')
    await expect(person.userpassLogin({ username: 'jo', password: 'no' })).rejects.toThrow(
      'invalid username or password',
    )
  })

  it('logs in with a wrapped secret id, renews, and ends its token', async () => {
    const { vault, root } = await openWithCa()
    await root.enableAuth({ mount_point: 'approle', type: 'approle' })
    await root.addApproleRole({ role_name: 'ci', token_policies: 'signing', token_ttl: 1200 })
    const { data: role } = await root.getApproleRoleId({ role_name: 'ci' })
    const { data: secret } = await root.getApproleRoleSecret({ role_name: 'ci' })
    const job = connect(vault, '')
    const { auth } = await job.approleLogin({ role_id: role.role_id, secret_id: secret.secret_id })
    job.token = auth.client_token
    expect((await job.tokenLookupSelf()).data).toMatchObject({ meta: { role_name: 'ci' }, ttl: 1200, orphan: true })
    vault.advance(600_000)
    expect((await job.tokenRenewSelf({ increment: 3600 })).auth.lease_duration).toBe(3600)
    await job.tokenRevokeSelf()
    await expect(job.tokenLookupSelf()).rejects.toThrow('permission denied')

    const headers = { 'X-Vault-Wrap-TTL': '60s' }
    const { json } = await vault.call('POST', 'auth/approle/role/ci/secret-id', {
      token: vault.vault.rootToken,
      headers,
    })
    const holder = connect(vault, json.wrap_info.token)
    const unwrapped = await holder.unwrap()
    expect(unwrapped.data.secret_id_ttl).toBe(0)
    await expect(holder.unwrap()).rejects.toThrow('wrapping token is not valid or does not exist')
  })

  it('makes a token for one use, and goes on with it', async () => {
    const { vault, root } = await openWithCa()
    expect((await root.tokenAccessors()).data.keys).toHaveLength(1)
    const { line } = await makeKey(temporaryFolder())
    // It takes the new token for its own.
    const { auth } = await root.tokenCreate({ policies: ['signing'], ttl: '10m', num_uses: 1 })
    expect(root.token).toBe(auth.client_token)
    await root.write('ssh/sign/ops', { public_key: line })
    await expect(root.write('ssh/sign/ops', { public_key: line })).rejects.toThrow('permission denied')
    expect((await connect(vault).tokenAccessors()).data.keys).toHaveLength(1)
  })
})

describeWithPeers('hvac with the development Vault', ['python:hvac', 'ssh-keygen'], () => {
  const folder = makeFolder()
  let vault: FullVault
  let found: Record<string, unknown> = {}

  beforeAll(async () => {
    vault = await createFullVault({ listen: { port: 0 }, now: () => Date.now(), log: () => {} })
    const { line } = await makeKey(folder)
    const printed = await runOk(debianPython, [join(import.meta.dirname, 'vault-clients.py')], {
      input: line,
      env: {
        VAULT_ADDR: vault.address,
        VAULT_TOKEN: vault.rootToken,
        UNSEAL_KEY: vault.unsealKey,
        NO_PROXY: '*',
        PYTHONWARNINGS: 'ignore',
      },
    })
    found = JSON.parse(printed)
  }, 60_000)

  afterAll(async () => {
    await vault.close()
    removeFolder(folder)
  })

  it('sees a server that is initialised, unsealed and healthy', () => {
    expect(found).toMatchObject({
      health: { initialized: true, sealed: false, standby: false },
      head: 200,
      initialized: true,
      sealed: false,
      authenticated: [true, false],
    })
  })

  it('mounts the engine, writes roles and policies, and reads them back', () => {
    expect(found).toMatchObject({
      mounts: ['cubbyhole/', 'identity/', 'ssh/', 'sys/'],
      roles: ['ops'],
      missing_role: null,
      policies: ['default', 'root', 'signing'],
      policy: { path: { 'ssh/sign/ops': { capabilities: ['update'] } } },
    })
  })

  it('logs a person in and has a key signed, which ssh-keygen reads', async () => {
    expect(found).toMatchObject({
      users: ['jo'],
      person: { policies: ['default', 'signing'], metadata: { username: 'jo' }, orphan: true, token_type: 'service' },
      capabilities: { 'ssh/sign/ops': ['update'], 'ssh/roles/ops': ['deny'] },
    })
    const seen = await describeCertificate(folder, String(found.signed))
    expect(seen).toMatch(/Type: ssh-ed25519-cert-v01@openssh\.com user certificate/)
    expect(seen).toMatch(/Principals: \n\s+ubuntu\n/)
  })

  it('meets refusals that its exceptions know', () => {
    expect(found).toMatchObject({
      denied: ['Forbidden', expect.stringContaining('permission denied')],
      wrong_password: ['InvalidRequest', 'invalid username or password'],
      wrong_principal: ['InvalidRequest', 'root is not a valid value for valid_principals'],
      unwrapped_twice: ['InvalidRequest', 'wrapping token is not valid or does not exist'],
      not_renewable: ['InvalidRequest', 'lease is not renewable'],
      after_revocation: ['Forbidden', 'permission denied'],
      after_accessor: ['Forbidden', 'permission denied'],
      while_sealed: ['VaultDown', 'Vault is sealed'],
    })
  })

  it('takes a job through wrapping, login, renewal and revocation', () => {
    expect(found).toMatchObject({
      wrapped_by: 'auth/approle/role/ci/secret-id',
      job: { role_name: 'ci' },
      renewed: 600,
      child: 'token-child',
    })
  })

  it('seals and unseals', () => {
    expect(found).toMatchObject({ health_sealed: 503, unsealed: false })
  })
})

describeWithPeers('a certificate from the development Vault, shown to sshd', ['sshd', 'ssh', 'ssh-keygen'], () => {
  const folder = makeFolder()
  const user = userInfo().username
  let vault: FullVault
  let admin: NodeVault

  beforeAll(async () => {
    vault = await createFullVault({ listen: { port: 0 }, now: () => Date.now(), log: () => {} })
    admin = nodeVault({ endpoint: vault.address, token: vault.rootToken })
  })

  afterAll(async () => {
    await vault.close()
    removeFolder(folder)
  })

  const caTypes = [
    ['ed25519', 0, 'default'],
    ['ec', 384, 'default'],
    ['rsa', 2048, 'default'],
    ['rsa', 2048, 'rsa-sha2-512'],
  ] as const

  it.each(caTypes)(
    'opens the door for its principal: CA of type %s %d, signed with %s',
    async (type, bits, algorithm) => {
      const home = temporaryFolder()
      const mount = `ssh-${type}-${algorithm}`
      await admin.mount({ mount_point: mount, type: 'ssh' })
      const { data: ca } = await admin.write(`${mount}/config/ca`, { key_type: type, key_bits: bits })
      await admin.write(`${mount}/roles/r`, {
        key_type: 'ca',
        allow_user_certificates: true,
        allowed_users: '*',
        default_extensions: { 'permit-pty': '' },
        algorithm_signer: algorithm,
        ttl: '5m',
      })
      const caFile = join(home, 'ca.pub')
      writeFileSync(caFile, String(ca.public_key))
      const sshd = await startSshd(home, caFile)
      try {
        const { file, line } = await makeKey(home)
        const signFor = async (principal: string) => {
          const { data } = await admin.write(`${mount}/sign/r`, { public_key: line, valid_principals: principal })
          writeFileSync(`${file}-cert.pub`, String(data.signed_key))
        }
        const logIn = () =>
          runOk('ssh', [
            ...sshd.clientOptions,
            '-i',
            file,
            '-o',
            'IdentityAgent=none',
            `${user}@127.0.0.1`,
            'echo',
            'in',
          ])
        await signFor('somebody-else')
        await expect(logIn()).rejects.toThrow('Permission denied')
        await signFor(user)
        expect(await logIn()).toBe('in\n')
        expect(sshd.log()).toMatch(/Accepted publickey for \S+ .* ID vault-token-[0-9a-f]{64}/)
      } finally {
        await sshd.stop()
      }
    },
    60_000,
  )
})
