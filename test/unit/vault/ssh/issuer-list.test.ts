import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { VaultApiRequest, VaultClient } from '../../../../src/vault/client.ts'
import { createIssuerList } from '../../../../src/vault/ssh/issuer-list.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

function world(answer: unknown, state: 'logged-in' | 'idle' | 'logged-out' = 'logged-in') {
  const requests: VaultApiRequest[] = []
  const held = { token: new Secret('hvs.one') }
  const client = {
    name: 'corp',
    async request(request: VaultApiRequest) {
      requests.push(request)
      if (answer instanceof Error) throw answer
      return { data: answer }
    },
  } as unknown as VaultClient
  const list = createIssuerList(client, {
    status: () => ({ state }),
    withAccess: async (use) => await use(held),
  })
  return { list, requests, held }
}
const refusal = (status: number) => new VaultError('VAULT_DENIED', 'no', { status })

it('are the ids that a mount has, listed with the token that is held', async () => {
  const { list, requests, held } = world({ keys: ['id-1', 'id-2'] })
  expect(await list('ssh-host')).toEqual(['id-1', 'id-2'])
  expect(requests).toMatchObject([{ path: 'ssh-host/issuers', query: { list: 'true' }, isBackground: true }])
  expect(requests[0]!.token).toBe(held.token)
})

it.each(['idle', 'logged-out'] as const)(
  'are not asked for by somebody who is %s: nobody is logged in for them',
  async (state) => {
    const { list, requests } = world({ keys: ['id-1'] }, state)
    expect(await list('ssh')).toBeUndefined()
    expect(requests).toEqual([])
  },
)

it.each([403, 404, 405])(
  'a refusal with %i is one until there is another token, at that mount alone',
  async (status) => {
    const { list, requests, held } = world(refusal(status))
    expect(await list('ssh')).toBeUndefined()
    expect(await list('ssh')).toBeUndefined()
    expect(requests).toHaveLength(1)
    await list('other')
    held.token = new Secret('hvs.two')
    await list('ssh')
    expect(requests).toHaveLength(3)
  },
)

it('a server that is away is asked again', async () => {
  const { list, requests } = world(refusal(503))
  expect(await list('ssh')).toBeUndefined()
  expect(await list('ssh')).toBeUndefined()
  expect(requests).toHaveLength(2)
})

it.each([undefined, {}, { keys: 'id' }, { keys: [] }, { keys: [1, 'a\nb', 'x'.repeat(257)] }])(
  'an answer that is no list of ids is none: %j',
  async (data) => {
    expect(await world(data).list('ssh')).toBeUndefined()
  },
)

it('no more are taken than anybody has', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `id-${index}`)
  expect(await world({ keys }).list('ssh')).toHaveLength(32)
})
