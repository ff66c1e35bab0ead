import { describe, expect, it } from 'vitest'
import { sshReadyHandlers } from '../../../../src/daemon/api/ssh-ready-handlers.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import type { ApiConnection } from '../../../../src/ipc/server/api-route.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const connection: ApiConnection = { peer: undefined, onClose: () => {}, ask: () => () => {} }
const person = { mayPrompt: true }
const needed = new VaultError('VAULT_LOGIN_NEEDED', 'not logged in', { hint: 'latchkey login' })
const denied = new VaultError('VAULT_DENIED', 'not allowed')

/** A vault whose identities fail to renew with what is given by their names, those that need a login until there is one. */
function vaultOf(name: string, identities: Readonly<Record<string, VaultError | undefined>>, trace: string[]) {
  let isLoggedIn = false
  return {
    config: { name },
    async logIn() {
      trace.push(`login ${name}`)
      isLoggedIn = true
    },
    identities: Object.entries(identities).map(([identity, error]) => ({
      config: { name: identity },
      key: {
        async renew() {
          trace.push(identity)
          if (error !== undefined && !(error === needed && isLoggedIn)) throw error
        },
        status: () =>
          error === denied
            ? {}
            : { certificate: { principals: ['jo'], validBefore: BigInt(Date.UTC(2026, 0, 2) / 1000) } },
      },
    })),
  } as unknown as RunningVault
}

const renewed = (name: string) => ({ name, principals: ['jo'], validBefore: '2026-01-02T00:00:00Z' })

describe('latchkey ssh renew', () => {
  const world = () => {
    const trace: string[] = []
    const vaults = [vaultOf('corp', { ops: needed, db: undefined }, trace), vaultOf('lab', { test: denied }, trace)]
    const { renewSsh } = sshReadyHandlers(() => vaults, {
      ensure: async () => expect.unreachable(),
      warningsOf: () => [],
    })
    const renew = (identity: string | undefined, caller = person) =>
      renewSsh({ params: {}, body: identity === undefined ? {} : { identity }, connection, caller })
    return { trace, renew }
  }

  it('renews all, logs in where that is needed, and says what failed', async () => {
    const { trace, renew } = world()
    const error = { code: 'VAULT_DENIED', message: 'not allowed' }
    expect((await renew(undefined)).identities).toEqual([
      renewed('ops'),
      renewed('db'),
      { name: 'test', principals: [], error },
    ])
    expect(trace).toEqual(['ops', 'db', 'login corp', 'ops', 'test'])
  })

  it('renews the one that is named, and no other', async () => {
    const { trace, renew } = world()
    expect((await renew('db')).identities).toEqual([renewed('db')])
    expect(trace).toEqual(['db'])
  })

  it('asks nobody who must not be asked', async () => {
    const { trace, renew } = world()
    expect((await renew('ops', { mayPrompt: false })).identities).toMatchObject([{ error: { hint: 'latchkey login' } }])
    expect(trace).toEqual(['ops'])
  })

  it('names the one that was probably meant', async () => {
    const { renew } = world()
    await expect(renew('tset')).rejects.toMatchObject({ code: 'IDENTITY_UNKNOWN', hint: 'latchkey ssh renew test' })
  })
})

it('latchkey ssh ready is told the problem, if there is one', async () => {
  let problem: unknown = denied
  const { sshReady } = sshReadyHandlers(() => [], { ensure: async () => problem, warningsOf: () => [] })
  const request = { params: {}, body: { user: 'jo', host: 'db', port: undefined }, connection, caller: person }
  expect(await sshReady(request)).toEqual({ problem: { code: 'VAULT_DENIED', message: 'not allowed' } })
  problem = undefined
  expect(await sshReady(request)).toEqual({})
})
