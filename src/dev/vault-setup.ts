import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { writeFileAtomically } from '../core/files/atomic-file.ts'
import { DevError } from './dev-folder.ts'

/** Calls the embedded Vault as its administrator would: over HTTP. Resolves to the answer's `data`, or to its text. */
export type VaultAdmin = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>

/** Makes the calls with the root token. Rejects with a {@link DevError} DEV_SETUP_FAILED for a refusal. */
export function createVaultAdmin(address: string, rootToken: string): VaultAdmin {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'X-Vault-Token': rootToken, 'X-Vault-Request': 'true', 'Content-Type': 'application/json' }
      const call = request(`${address}/v1/${path}`, { method, headers }, (response) => {
        text(response).then((answer) => {
          if ((response.statusCode ?? 500) < 300) resolve(answer)
          else
            reject(new DevError('DEV_SETUP_FAILED', `the embedded Vault refused ${method} ${path}: ${answer.trim()}`))
        }, reject)
      })
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    }).then((answer) => parseAnswer(String(answer)))
}

function parseAnswer(answer: string): unknown {
  if (!answer.startsWith('{')) return answer
  const parsed: { data?: unknown } = JSON.parse(answer)
  return parsed.data
}

/** The mount whose CA certifies hosts. */
export const hostMount = 'ssh-host'
/** The hosts that it certifies: this machine. */
export const hostDomains: readonly string[] = ['localhost', '127.0.0.1']

/** What the embedded Vault is set up for. */
export interface VaultSetup {
  /** Whom the certificates are for. */
  userName: string
  secretIdFile: string
  caPublicKeyFile: string
}

const signingPolicy = ['ssh/sign/dev', `${hostMount}/sign/host`]
  .map((path) => `path "${path}" { capabilities = ["update"] }`)
  .join('\n')

/**
 * Sets up what the daemon needs, once: an SSH CA, a role for the user, and an AppRole login that may use it; and a CA that
 * certifies hosts.
 * @returns the AppRole's role id
 */
export async function setUpVault(admin: VaultAdmin, setup: VaultSetup): Promise<string> {
  await setUpHosts(admin)
  if (!existsSync(setup.secretIdFile) || !(await isMounted(admin, 'sys/auth', 'approle'))) {
    await mountOnce(admin, 'sys/mounts', 'ssh', 'ssh')
    await admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
    await admin('POST', 'ssh/roles/dev', {
      key_type: 'ca',
      allow_user_certificates: true,
      allowed_users: setup.userName,
      default_user: setup.userName,
      default_extensions: { 'permit-pty': '', 'permit-port-forwarding': '', 'permit-agent-forwarding': '' },
      ttl: '30m',
      max_ttl: '12h',
    })
    await mountOnce(admin, 'sys/auth', 'approle', 'approle')
    await admin('POST', 'auth/approle/role/latchkey', {
      token_policies: ['ssh-dev'],
      token_ttl: '1h',
      token_max_ttl: '12h',
    })
    const issued = fieldsOf(await admin('POST', 'auth/approle/role/latchkey/secret-id'))
    // Last: its presence says that all of the above is done, unless the server's state was removed since.
    await writeFileAtomically(setup.secretIdFile, `${String(issued.secret_id)}\n`, 0o600)
  }
  await writeFileAtomically(setup.caPublicKeyFile, `${String(await admin('GET', 'ssh/public_key')).trim()}\n`, 0o644)
  return String(fieldsOf(await admin('GET', 'auth/approle/role/latchkey/role-id')).role_id)
}

/** Each step finds out whether it was done: a folder may be of a latchkey that certified no hosts. */
async function setUpHosts(admin: VaultAdmin): Promise<void> {
  await mountOnce(admin, 'sys/mounts', hostMount, 'ssh')
  const key = await admin('GET', `${hostMount}/public_key`).catch(() => undefined)
  if (key === undefined)
    await admin('POST', `${hostMount}/config/ca`, { generate_signing_key: true, key_type: 'ed25519' })
  await admin('POST', `${hostMount}/roles/host`, {
    key_type: 'ca',
    allow_host_certificates: true,
    allowed_domains: hostDomains.join(','),
    allow_bare_domains: true,
    allow_subdomains: true,
    ttl: '24h',
    max_ttl: '720h',
  })
  await admin('POST', 'sys/policies/acl/ssh-dev', { policy: signingPolicy })
}

/** A start that was interrupted may have mounted it already; everything else can be done again. */
async function mountOnce(admin: VaultAdmin, table: string, path: string, type: string): Promise<void> {
  if (!(await isMounted(admin, table, path))) await admin('POST', `${table}/${path}`, { type })
}

async function isMounted(admin: VaultAdmin, table: string, path: string): Promise<boolean> {
  return Object.hasOwn(fieldsOf(await admin('GET', table)), `${path}/`)
}

function fieldsOf(answer: unknown): Readonly<Record<string, unknown>> {
  return typeof answer === 'object' && answer !== null ? { ...answer } : {}
}
