import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuthConfig } from '../../src/vault/login/login-methods.ts'
import type { SigningOptions } from '../../src/vault/ssh/issuer.ts'
import { openVaultSubject, type VaultSubject } from './vault-subject.ts'
import { type SubjectClient, type SubjectClientOptions, subjectClient } from './vault-subject-client.ts'

const userRole = {
  key_type: 'ca',
  allow_user_certificates: true,
  allowed_users: 'ubuntu,deploy',
  default_user: 'ubuntu',
  default_extensions: { 'permit-pty': '' },
  allowed_extensions: 'permit-pty',
  ttl: '30m',
  max_ttl: '1h',
}
/** What the SSH CA of a suite has. */
const roles: Readonly<Record<string, object>> = {
  ops: userRole,
  hosts: { key_type: 'ca', allow_host_certificates: true, allowed_domains: '*', allow_subdomains: true },
  rsa: { ...userRole, allowed_user_key_lengths: { rsa: 4096 } },
  nobody: { key_type: 'ca', allow_user_certificates: true, allowed_users: 'ubuntu' },
  // Beyond what the policy allows.
  other: userRole,
}

/** What the tests of a suite work with. */
export interface VaultSuite {
  subject(): VaultSubject
  /** The policy that may sign, and read the roles. */
  policy(): string
  /** To sign with the role `ops`. */
  ops(): SigningOptions
  /** A client that is closed when the suite ends. */
  open(auth: AuthConfig, options?: SubjectClientOptions): SubjectClient
  /** A new token that may sign. */
  newToken(wishes?: object): Promise<string>
  /** A client with that token. */
  byToken(token: string, options?: SubjectClientOptions): SubjectClient
}

/** An SSH CA under a random path of the server, for the tests of this file; `tests` are followed by one that nothing is left. */
export function vaultSuite(tests: (suite: VaultSuite) => void): void {
  const clients: SubjectClient[] = []
  let subject: VaultSubject
  let [ssh, policy] = ['', '']
  let isClosed = false

  const close = () => {
    isClosed = true
    for (const client of clients) client.close()
    return subject.close()
  }

  beforeAll(async () => {
    subject = await openVaultSubject()
    ssh = await subject.mountSecrets('ssh')
    await subject.admin('POST', `${ssh}/config/ca`, { generate_signing_key: true, key_type: 'ed25519' })
    for (const [name, role] of Object.entries(roles)) await subject.admin('POST', `${ssh}/roles/${name}`, role)
    const signing = ['ops', 'hosts', 'rsa', 'nobody', 'unknown'].map(
      (role) => `path "${ssh}/sign/${role}" { capabilities = ["create", "update"] }`,
    )
    policy = await subject.writePolicy([...signing, `path "${ssh}/roles/*" { capabilities = ["read"] }`].join('\n'))
  }, 120_000)

  const open: VaultSuite['open'] = (auth, options) => {
    const opened = subjectClient(subject, auth, options)
    clients.push(opened)
    return opened
  }

  tests({
    subject: () => subject,
    policy: () => policy,
    ops: () => ({ mount: ssh, role: 'ops' }),
    open,
    async newToken(wishes = {}) {
      const auth = await subject.admin('POST', 'auth/token/create', { policies: [policy], ttl: '10m', ...wishes })
      return String(auth.client_token)
    },
    byToken: (token, options = {}) =>
      open({ method: 'token', token_file: '/token' }, { ...options, files: new Map([['/token', token]]) }),
  })

  it('nothing of the suite is left on the server', async () => {
    expect(await close()).toEqual([])
  })

  // Where the tests were not run to their end.
  afterAll(async () => {
    if (!isClosed) await close()
  })
}
