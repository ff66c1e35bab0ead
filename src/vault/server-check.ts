import * as v from 'valibot'
import { adviseOn } from './advice/advice.ts'
import type { PublicPurpose } from './advice/advice-row.ts'
import type { VaultClient } from './client.ts'
import { isVaultError, VaultError, type VaultErrorCode } from './vault-error.ts'

const purpose: PublicPurpose = { type: 'public', mount: 'sys', isAsked: true }
const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ sealed: v.boolean(), initialized: v.boolean() }))

/** The vault has not answered, or cannot serve anyone now. Other refusals are left to the call that follows. */
const inVain: readonly VaultErrorCode[] = [
  'VAULT_UNREACHABLE',
  'VAULT_TLS',
  'VAULT_ABORTED',
  'VAULT_BAD_RESPONSE',
  'VAULT_REDIRECTED',
  'VAULT_CONFIG',
  'VAULT_SEALED',
  'VAULT_UNAVAILABLE',
  'VAULT_RATE_LIMITED',
]

/**
 * Finds out, before a person is asked for a secret, that there is a vault to send it to. `sys/seal-status` needs no token,
 * and answers 200 in every state and namespace, unlike `sys/health`.
 * @throws {VaultError} why a login would be in vain
 */
export async function checkServer(client: VaultClient): Promise<void> {
  const text = await readStatus(client)
  if (text === undefined) return
  const status = v.safeParse(statusSchema, text)
  if (!status.success) {
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${client.name}: what answers at its address is not a vault`, {
      hint: 'check address in config.toml; a proxy or a sign-in page of the network may answer in its place',
    })
  }
  const { initialized, sealed } = status.output
  const about = { vault: client.name, purpose }
  if (!initialized) throw adviseOn({ status: 501, texts: ['Vault is not initialized'] }, about)
  if (sealed) throw adviseOn({ status: 503, texts: ['Vault is sealed'] }, about)
}

async function readStatus(client: VaultClient): Promise<string | undefined> {
  try {
    const answer = await client.request({ method: 'GET', path: 'sys/seal-status', purpose, isText: true })
    return answer.text
  } catch (error) {
    if (isNoOfProxy(error)) await lookElsewhere(client)
    else throwIfInVain(error)
    return undefined
  }
}

/** Some companies let nothing of `sys/` through to a vault, and logins all the same. */
function isNoOfProxy(error: unknown): boolean {
  return isVaultError(error, 'VAULT_BAD_RESPONSE') && [401, 403, 404, 405].includes(error.status ?? 0)
}

/** A vault has a word of its own for whoever comes without a token. @throws {VaultError} something else answers here, too */
async function lookElsewhere(client: VaultClient): Promise<void> {
  try {
    await client.request({ method: 'GET', path: 'auth/token/lookup-self', purpose })
  } catch (error) {
    throwIfInVain(error)
  }
}

function throwIfInVain(error: unknown): void {
  if (!(error instanceof VaultError) || isVaultError(error, ...inVain)) throw error
}
