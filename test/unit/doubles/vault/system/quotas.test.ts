import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'

async function world(limits: Readonly<Record<string, object>>) {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  for (const [name, limit] of Object.entries(limits)) await vault.admin('POST', `sys/quotas/rate-limit/${name}`, limit)
  const ask = async (path: string) => {
    const { status, headers } = await vault.call('GET', path, { token: vault.vault.rootToken })
    return [status, headers['retry-after'], headers['x-ratelimit-remaining']]
  }
  return { vault, ask }
}

describe('a quota of the double', () => {
  it('counts until its interval is over, and then anew', async () => {
    const { vault, ask } = await world({ all: { path: 'ssh/', rate: 2, interval: '10s' } })
    await vault.admin('POST', 'sys/quotas/config', { enable_rate_limit_response_headers: true })
    expect(await ask('ssh/roles/a')).toEqual([404, undefined, '1'])
    vault.advance(4000)
    expect(await ask('ssh/roles/a')).toEqual([404, undefined, '0'])
    expect(await ask('ssh/roles/a')).toEqual([429, '6', '0'])
    vault.advance(6000)
    expect(await ask('ssh/roles/a')).toEqual([404, undefined, '1'])
  })

  it('of a path counts instead of that of its mount, and that instead of the one for all', async () => {
    const { ask } = await world({
      everything: { rate: 100 },
      mount: { path: 'ssh/', rate: 1 },
      path: { path: 'ssh/roles/a', rate: 1 },
    })
    const statuses = []
    for (const path of ['ssh/roles/a', 'ssh/roles/b', 'ssh/roles/a', 'ssh/roles/b', 'sys/mounts']) {
      statuses.push((await ask(path))[0])
    }
    expect(statuses).toEqual([404, 404, 429, 429, 200])
  })

  it('is not for the state of the server, and ends when it is deleted', async () => {
    const { vault, ask } = await world({ all: { path: '', rate: 2 } })
    await vault.admin('DELETE', 'sys/quotas/rate-limit/all')
    for (const path of ['sys/health', 'sys/mounts', 'sys/mounts', 'sys/mounts']) {
      expect((await ask(path))[0]).toBe(200)
    }
  })

  it.each([
    [{ rate: 0 }, "'rate' is invalid"],
    [{ rate: 1, interval: '0s' }, "'interval' is invalid"],
    [{ rate: 1, block_interval: '1m' }, 'not built into the development server'],
  ])('cannot be %j', async (limit, text) => {
    const { vault } = await world({})
    const reply = await vault.call('POST', 'sys/quotas/rate-limit/x', { token: vault.vault.rootToken, body: limit })
    expect([reply.status, reply.json.errors[0]]).toEqual([400, expect.stringContaining(text)])
  })
})
