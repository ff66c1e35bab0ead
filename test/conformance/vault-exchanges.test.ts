import { beforeAll, describe, expect, it } from 'vitest'
import { startTestVault } from '../support/dev-vault.ts'
import { preparationsFor } from '../support/vault-exchange-setup.ts'
import { exchangeTitles, type ReplayedExchange, readExchanges, replay } from '../support/vault-exchanges.ts'

/** The recordings with which the development Vault agrees from the first exchange to the last. */
const files = [
  'ssh-ca',
  'ssh-sign',
  'token',
  'userpass',
  'approle',
  'jwt',
  'login-mfa',
  'inline-auth',
  'peers/ldap',
  'peers/radius',
  'peers/kubernetes',
] as const

describe.each(files)('the development Vault answers as a real server did: %s', (file) => {
  const exchanges = readExchanges(file)
  const titles = exchangeTitles(exchanges)
  let replayed: readonly ReplayedExchange[] = []

  beforeAll(async () => {
    const vault = await startTestVault()
    try {
      replayed = await replay(exchanges, vault.vault, preparationsFor(file, vault))
    } finally {
      await vault.close()
    }
    // `issue` with its defaults makes an RSA key of 4096 bits.
  }, 120_000)

  it.each(titles.map((title, index) => ({ title, index })))('$title', ({ index }) => {
    expect(replayed[index]!.differences).toEqual([])
  })
})
