import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { VaultApiRequest, VaultClient } from '../../../../src/vault/client.ts'
import type { Access, InlineLogin } from '../../../../src/vault/inline-login.ts'
import { createIssuerList } from '../../../../src/vault/ssh/issuer-list.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

type State = 'logged-in' | 'inline' | 'idle' | 'logged-out'

function world(answer: unknown, state: State = 'logged-in') {
  const requests: VaultApiRequest[] = []
  const clock = fakeClock()
  const scene = { answer }
  const held = { token: new Secret('hvs.one') }
  const inline: InlineLogin = { body: {}, purpose: { type: 'login', mount: 'jwt', who: 'ci', advice: [] } }
  const client = {
    name: 'corp',
    async request(request: VaultApiRequest) {
      requests.push(request)
      if (scene.answer instanceof Error) throw scene.answer
      return { data: scene.answer }
    },
  } as unknown as VaultClient
  const tokens = {
    status: () => ({ state }),
    withAccess: async <T>(use: (access: Access) => Promise<T>) => await use(state === 'inline' ? { inline } : held),
  }
  return { ...createIssuerList(client, tokens, clock), requests, held, clock, scene }
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

it.each([
  ['a page in the place of the server', new VaultError('VAULT_BAD_RESPONSE', 'a page', { status: 404 })],
  ['a refusal of the token, which may be allowed again', new VaultError('VAULT_TOKEN_REJECTED', 'no', { status: 403 })],
])('are listed with the same token after %s', async (_, error) => {
  const { list, requests, scene } = world(error)
  expect(await list('ssh')).toBeUndefined()
  scene.answer = { keys: ['id-1'] }
  expect(await list('ssh')).toEqual(['id-1'])
  expect(requests).toHaveLength(2)
})

it('are listed by a login in the request at once after a page in the place of the server, which has seen no login', async () => {
  const { list, scene } = world(new VaultError('VAULT_BAD_RESPONSE', 'a page', { status: 403 }), 'inline')
  expect(await list('ssh')).toBeUndefined()
  scene.answer = { keys: ['id-1'] }
  expect(await list('ssh')).toEqual(['id-1'])
})

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

const minute = 60_000

it('a login in the request that may not list them is made again after pauses that grow, up to a day', async () => {
  const { list, requests, clock } = world(refusal(403), 'inline')
  const asked: number[] = []
  for (let minutes = 0; minutes < 5 * 24 * 60; minutes += 10, clock.advance(10 * minute)) {
    const before = requests.length
    expect(await list('ssh')).toBeUndefined()
    if (requests.length > before) asked.push(minutes / 10)
  }
  expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 399, 543, 687])
  const before = requests.length
  await list('other')
  expect(requests).toHaveLength(before + 1)
})

it('a login in the request that is refused is made for no other mount either', async () => {
  const { list, requests, clock, scene } = world(
    new VaultError('VAULT_LOGIN_FAILED', 'no', { status: 400, isOfLogin: true }),
    'inline',
  )
  for (const mount of ['ssh', 'other']) expect(await list(mount)).toBeUndefined()
  expect(requests).toHaveLength(1)
  clock.advance(10 * minute)
  scene.answer = { keys: ['id-1'] }
  expect(await list('other')).toEqual(['id-1'])
  expect(await list('ssh')).toEqual(['id-1'])
})

it('what is allowed at one mount says nothing of another', async () => {
  const { list, requests, scene } = world(refusal(403), 'inline')
  await list('ssh')
  scene.answer = { keys: ['id-1'] }
  expect(await list('other')).toEqual(['id-1'])
  expect(await list('ssh')).toBeUndefined()
  expect(requests).toHaveLength(2)
})

it('after a login by a person, or an edit, the next try is at once', async () => {
  const { list, retry, requests } = world(refusal(403), 'inline')
  await list('ssh')
  retry()
  await list('ssh')
  expect(requests).toHaveLength(2)
})

it('a server that is away is asked again with a login in the request, too', async () => {
  const { list, requests } = world(new VaultError('VAULT_UNREACHABLE', 'away'), 'inline')
  await list('ssh')
  await list('ssh')
  expect(requests).toHaveLength(2)
})

it('several who ask at once share one request', async () => {
  const { list, requests } = world({ keys: ['id-1'] }, 'inline')
  expect(await Promise.all([list('ssh'), list('ssh')])).toEqual([['id-1'], ['id-1']])
  expect(requests).toHaveLength(1)
})
