import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../support/dev-vault.ts'

describe('the double, asked for what it does not have', () => {
  it('refuses to enable a login method that a real server can', async () => {
    const vault = await openTestVault()
    const reply = await vault.call('POST', 'sys/auth/kerberos', {
      token: vault.vault.rootToken,
      body: { type: 'kerberos' },
    })
    expect([reply.status, reply.json.errors]).toEqual([400, ['plugin not found in the catalog: kerberos']])
  })

  it.each(['auth/token/roles/app', 'auth/token/create/app', 'cubbyhole/mine', 'sys/wrapping/rewrap'])(
    'answers %s as an unsupported path',
    async (path) => {
      const vault = await openTestVault()
      const reply = await vault.call('POST', path, { token: vault.vault.rootToken, body: {} })
      expect([reply.status, reply.json.errors]).toEqual([404, ['1 error occurred:\n\t* unsupported path\n\n']])
    },
  )
})
