import { expect, it } from 'vitest'
import { watchVault } from '../../../src/daemon/watched-vault.ts'
import type { VaultApiRequest, VaultClient } from '../../../src/vault/client.ts'
import { VaultError, type VaultErrorCode } from '../../../src/vault/vault-error.ts'

const request: VaultApiRequest = {
  method: 'GET',
  path: 'sys/health',
  purpose: { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ssh-ed25519' },
}

/** What a source is told when a request ends so. */
async function told(outcome: VaultErrorCode | 'answer') {
  const seen: string[] = []
  const answer = { status: 200, data: {}, auth: undefined, warnings: [] } as never
  const client: VaultClient = {
    name: 'corp',
    destination: 'https://vault.example.com',
    request: async () => {
      if (outcome === 'answer') return answer
      throw new VaultError(outcome, 'refused')
    },
    close: () => seen.push('closed'),
  }
  const watched = watchVault(client, { answered: () => seen.push('answered'), failed: () => seen.push('away') })
  const ended = await watched.request(request).catch((error: VaultError) => error.code)
  expect(ended).toBe(outcome === 'answer' ? answer : outcome)
  return { seen, watched }
}

it.each([
  'VAULT_UNREACHABLE',
  'VAULT_TLS',
  'VAULT_BAD_RESPONSE',
  'VAULT_REDIRECTED',
  'VAULT_SEALED',
  'VAULT_UNAVAILABLE',
] as const)('takes %s for an outage', async (code) => {
  expect((await told(code)).seen).toEqual(['away'])
})

it.each(['answer', 'VAULT_DENIED', 'VAULT_TOKEN_REJECTED', 'VAULT_RATE_LIMITED', 'VAULT_ROLE_UNKNOWN'] as const)(
  'takes %s as a sign that the server is there',
  async (outcome) => {
    expect((await told(outcome)).seen).toEqual(['answered'])
  },
)

it.each(['VAULT_ABORTED', 'VAULT_CONFIG'] as const)(
  'learns nothing from %s, for which no request was sent',
  async (code) => {
    expect((await told(code)).seen).toEqual([])
  },
)

it('is otherwise the same client', async () => {
  const { watched, seen } = await told('answer')
  expect(watched).toMatchObject({ name: 'corp', destination: 'https://vault.example.com' })
  watched.close()
  expect(seen).toEqual(['answered', 'closed'])
})
