import { beforeAll, describe, expect, it } from 'vitest'
import { startTestVault } from '../support/dev-vault.ts'
import { startStubOidcProvider } from '../support/stub-oidc-provider.ts'
import { exchangeFiles, preparationsFor } from '../support/vault-exchange-setup.ts'
import { exchangeTitles, type ReplayedExchange, readExchanges, replay } from '../support/vault-exchanges.ts'
import { pem } from '../support/vault-network.ts'

/** What the recorded server listened with, where it did more than HTTP. */
const listeners = { cert: { tls: { key: pem('server-key'), cert: pem('server'), asks: true } } }

describe.each(exchangeFiles)('the development Vault answers as a real server did: %s', (file) => {
  const exchanges = readExchanges(file)
  const titles = exchangeTitles(exchanges)
  let replayed: readonly ReplayedExchange[] = []

  beforeAll(async () => {
    const provider = await startStubOidcProvider()
    const vault = await startTestVault(file === 'cert' ? listeners.cert : {})
    try {
      replayed = await replay(exchanges, vault.vault, preparationsFor(file, vault, provider))
    } finally {
      await vault.close()
      await provider.close()
    }
    // `issue` with its defaults makes an RSA key of 4096 bits.
  }, 120_000)

  it.each(titles.map((title, index) => ({ title, index })))('$title', ({ index }) => {
    expect(replayed[index]!.differences).toEqual([])
  })
})

it('every exchange that was recorded is replayed', () => {
  const counts = exchangeFiles.map((file) => [file.startsWith('peers/'), readExchanges(file).length] as const)
  const sum = (isOfPeers: boolean) =>
    counts.filter(([of]) => of === isOfPeers).reduce((all, [, count]) => all + count, 0)
  expect([sum(false), sum(true)]).toEqual([273, 35])
})
