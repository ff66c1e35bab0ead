import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { TestVault } from './dev-vault.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), 'oidc-provider.mjs')
const client = { clientId: 'vault', clientSecret: 'secret-of-the-client' }

/** Starts the provider, which ends with the running test. @returns its address */
export async function startOidcProvider(redirectUris: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, JSON.stringify({ ...client, redirectUris })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  onTestFinished(() => void child.kill())
  const ended = once(child, 'close').then(() => undefined)
  const line = await Promise.race([once(child.stdout, 'data'), ended])
  if (line === undefined) throw new Error(said)
  return String(line[0]).trim()
}

/** Mounts logins by OIDC at that provider. */
export async function mountOidc(
  server: TestVault,
  issuer: string,
  { mount = 'oidc', config = {}, role = {} }: { mount?: string; config?: object; role?: object } = {},
): Promise<void> {
  await server.admin('POST', `sys/auth/${mount}`, { type: 'oidc' })
  await server.admin('POST', `auth/${mount}/config`, {
    oidc_discovery_url: issuer,
    oidc_client_id: client.clientId,
    oidc_client_secret: client.clientSecret,
    default_role: 'dev',
    ...config,
  })
  await server.admin('POST', `auth/${mount}/role/dev`, {
    user_claim: 'sub',
    allowed_redirect_uris: ['http://localhost:8250/oidc/callback'],
    token_ttl: '1h',
    ...role,
  })
}
