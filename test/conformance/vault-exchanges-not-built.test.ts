import { beforeAll, describe, expect, it } from 'vitest'
import { openTestVault, startTestVault } from '../support/dev-vault.ts'
import { preparationsFor } from '../support/vault-exchange-setup.ts'
import { exchangeTitles, type ReplayedExchange, readExchanges, replay } from '../support/vault-exchanges.ts'

/**
 * What the development Vault does not have, by the recorded exchanges that it cannot answer alike. An exchange that is
 * listed must disagree and one that is not must agree, so the list shrinks when something is built and never by itself.
 */
const notBuilt: Readonly<Record<string, readonly string[]>> = {
  cert: [
    'login',
    'login by name',
    'login by an unknown name',
    'a certificate that nobody configured',
    'no certificate',
    'renew with the same certificate',
    'renew without it',
  ],
  namespaces: [
    'create',
    'mount in it',
    'sign by header',
    'sign by path',
    'trailing slash',
    'a token of the root namespace',
    'lookup-self of a root token in the namespace',
  ],
  oidc: [
    'configure',
    'write role',
    'loopback redirect_uri on a port that is not listed: allowed',
    'redirect_uri not allowed',
    'unknown role',
    'auth_url',
    'callback with the wrong nonce',
    'callback',
    'callback twice',
    'unknown state',
    'write role, callback_mode direct',
    'auth_url in direct mode',
    'poll before the person is done, direct',
    'poll again at once, direct',
    "the browser's callback in direct mode",
    'poll while the person looks at the confirmation page',
    'the person confirms',
    'poll when done, direct',
    'poll after the end, direct',
    'poll with the wrong nonce',
    'the right nonce after a wrong one',
    'write role, callback_mode device',
    'auth_url in device mode',
    'poll, device: the person has not confirmed',
    'poll, device: the provider asks to slow down',
    'poll, device: confirmed',
    'poll after the end, device',
    'poll, device: the person said no',
  ],
  quota: [
    'set a limit',
    'request 2 in the interval',
    'request 3 in the interval',
    'ask for headers',
    'with headers, 1',
    'with headers, 2',
  ],
  sealed: [],
  'ssh-templates': [],
  system: ['bad argument'],
}

/** Kinds of login that a real server can enable and this one cannot. */
const unknownTypes = ['kerberos']

describe.each(Object.keys(notBuilt))('the development Vault beside a real server: %s', (file) => {
  const exchanges = readExchanges(file)
  const titles = exchangeTitles(exchanges)
  const missing = notBuilt[file]!
  let replayed: readonly ReplayedExchange[] = []

  beforeAll(async () => {
    const vault = await startTestVault()
    try {
      replayed = await replay(exchanges, vault.vault, preparationsFor(file, vault))
    } finally {
      await vault.close()
    }
  })

  it('lists only exchanges that were recorded', () => {
    expect(missing.filter((title) => !titles.includes(title))).toEqual([])
  })

  const indexed = titles.map((title, index) => ({ title, index }))
  const built = indexed.filter(({ title }) => !missing.includes(title))
  if (built.length > 0) {
    it.each(built)('$title', ({ index }) => {
      expect(replayed[index]!.differences).toEqual([])
    })
  }
  if (missing.length > 0) {
    it.each(indexed.filter(({ title }) => missing.includes(title)))('not built: $title', ({ index }) => {
      expect(replayed[index]!.differences).not.toEqual([])
    })
  }
})

describe('the development Vault, asked for what it does not have', () => {
  it.each(unknownTypes)('refuses to enable the login method %s', async (type) => {
    const vault = await openTestVault()
    const reply = await vault.call('POST', `sys/auth/${type}`, { token: vault.vault.rootToken, body: { type } })
    expect(reply.status).toBe(400)
    expect(reply.json.errors).toEqual([`plugin not found in the catalog: ${type}`])
  })

  it.each([
    'sys/quotas/rate-limit/tiny',
    'sys/namespaces/team',
    'auth/token/roles/app',
    'auth/token/create/app',
    'cubbyhole/mine',
    'sys/wrapping/rewrap',
  ])('answers %s as an unsupported path', async (path) => {
    const vault = await openTestVault()
    const reply = await vault.call('POST', path, { token: vault.vault.rootToken, body: {} })
    expect(reply.status).toBe(404)
    expect(reply.json.errors).toEqual(['1 error occurred:\n\t* unsupported path\n\n'])
  })
})
