import { describe, expect, it } from 'vitest'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import type { AwsCredentials } from '../../../../src/aws/aws-credentials.ts'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { type ApiRoutesDeps, createApiRoutes } from '../../../../src/daemon/api/api-routes.ts'
import { createLentPrompts } from '../../../../src/daemon/api/lent-prompts.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import type { RunningStaticKeys } from '../../../../src/daemon/static-keys/running-static-keys.ts'
import type { ApiConnection, ApiRequest } from '../../../../src/ipc/server/api-route.ts'
import type { VaultError } from '../../../../src/vault/vault-error.ts'
import { nobody } from '../../../support/agent-stubs.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { fullStatus } from '../../../support/helper-status.ts'
import { noHostCas } from '../../../support/host-cas.ts'

/** A vault with an identity, which write down what is done with them. */
function capturingVault(name: string, fate: string[], failure?: VaultError): RunningVault {
  return {
    config: { name },
    async readVisibleLogins() {
      const described = { method: 'ldap', mount: 'corp', needsName: true, description: 'the directory' }
      return { logins: [described, { ...described, mount: 'other', description: '' }], others: ['approle at ci'] }
    },
    async logIn(_: unknown, chosen?: object) {
      if (chosen !== undefined) fate.push(JSON.stringify(chosen))
      if (failure !== undefined) throw failure
      fate.push(`${name}: login`)
      return { displayName: 'jo', policies: ['ssh'], expiresAtMs: Date.UTC(2026, 0, 2) }
    },
    tokens: {
      logout: async () => void fate.push(`${name}: logout`),
    },
    identities: ['one', 'two'].map((key) => ({
      key: { clear: () => fate.push(`${name}: clear ${key}`) },
    })),
  } as unknown as RunningVault
}

const connection: ApiConnection = { peer: undefined, onClose: () => {}, ask: () => () => {} }

function call(deps: Partial<ApiRoutesDeps>, method: string, pattern: string, parts: Partial<ApiRequest> = {}) {
  const routes = createApiRoutes({
    aws: {} as AwsCredentials,
    vaults: () => [],
    vaultsOff: () => new Map(),
    whyUnread: () => undefined,
    hostCas: noHostCas,
    organizations: async () => expect.unreachable(),
    ec2: async () => expect.unreachable(),
    awsFiles: { config: '/aws/config', credentials: '/aws/credentials' },
    iam: async () => expect.unreachable(),
    explainSsh: async () => expect.unreachable(),
    readiness: { ensure: async () => expect.unreachable(), warningsOf: () => [] },
    lentPrompts: createLentPrompts({ terminal: true }),
    staticKeys: {} as RunningStaticKeys,
    confirmations: { ask: nobody, attend: async () => expect.unreachable() },
    lock: createLock({ clock: fakeClock() }),
    lockError: () => undefined,
    status: async () => fullStatus,
    config: () => ({ file: '/c.toml', errors: [], warnings: [] }),
    catchUp: async () => {},
    ...deps,
  })
  const route = routes.find((candidate) => candidate.method === method && candidate.pattern === pattern)!
  const signal = new AbortController().signal
  return route.handle({ method, path: '', params: {}, headers: {}, body: undefined, connection, signal, ...parts })
}

it.each([
  ['/v1/config', {}],
  ['/v1/aws/profiles', {}],
  ['/v1/aws/sources/{source}', { source: 'master' }],
  ['/v1/aws/profiles/{profile}/explanation', { profile: 'dev' }],
  ['/v1/aws/credentials/{profile}', { profile: 'dev' }],
])('%s is answered from the file as it is now', async (pattern, params) => {
  const order: string[] = []
  const answer = (): never => {
    order.push('answer')
    throw new Error('no matter')
  }
  const deps = {
    aws: { profiles: answer, source: answer, explain: answer, credentials: answer } as unknown as AwsCredentials,
    config: answer,
    async catchUp() {
      await Promise.resolve()
      order.push('read')
    },
  }
  await expect(call(deps, 'GET', pattern, { params })).rejects.toThrow('no matter')
  expect(order).toEqual(['read', 'answer'])
})

describe('a login', () => {
  it('is made as the person has chosen, if config.toml could say that', async () => {
    const fate: string[] = []
    const logIn = (auth: object) =>
      call({ vaults: () => [capturingVault('corp', fate)] }, 'POST', '/v1/login', { body: { auth } })
    await logIn({ method: 'ldap', mount: 'corp', username: 'jo' })
    expect(fate).toEqual(['{"method":"ldap","mount":"corp","username":"jo"}', 'corp: login'])
    await expect(logIn({ method: 'ldap', mount: 'corp' })).rejects.toMatchObject({ code: 'LOGIN_INVALID' })
    await expect(logIn({ method: 'saml', mount: 'corp' })).rejects.toMatchObject({ code: 'LOGIN_INVALID' })
  })

  it('can be chosen from what the server shows', async () => {
    const offered = await call({ vaults: () => [capturingVault('corp', [])] }, 'POST', '/v1/login/offers', { body: {} })
    expect(offered).toEqual({
      status: 200,
      body: {
        vault: 'corp',
        configFile: '/c.toml',
        logins: [
          { method: 'ldap', mount: 'corp', needsName: true, description: 'the directory' },
          { method: 'ldap', mount: 'other', needsName: true },
        ],
        others: ['approle at ci'],
      },
    })
  })

  it('is reported', async () => {
    const fate: string[] = []
    const vaults = [capturingVault('corp', fate), capturingVault('lab', fate)]
    expect(await call({ vaults: () => vaults }, 'POST', '/v1/login', { body: { vault: 'corp' } })).toEqual({
      status: 200,
      body: { vault: 'corp', displayName: 'jo', policies: ['ssh'], expiresAt: '2026-01-02T00:00:00Z' },
    })
    expect(fate).toEqual(['corp: login'])
  })

  it('is that of the only vault if none is named', async () => {
    const fate: string[] = []
    await call({ vaults: () => [capturingVault('corp', fate)] }, 'POST', '/v1/login')
    expect(fate[0]).toBe('corp: login')
  })

  it('that fails starts nothing', async () => {
    const fate: string[] = []
    const failure = new Error('wrong password') as VaultError
    const login = call({ vaults: () => [capturingVault('corp', fate, failure)] }, 'POST', '/v1/login')
    await expect(login).rejects.toBe(failure)
    expect(fate).toEqual([])
  })

  it.each([
    [[], undefined, 'VAULT_UNKNOWN', 'add a [vault.…] section to config.toml'],
    [['corp', 'lab'], undefined, 'VAULT_NOT_NAMED', 'name one, such as: latchkey login corp'],
    [['corp', 'lab'], 'lub', 'VAULT_UNKNOWN', 'latchkey login lab'],
  ])('with %j configured and %j named is refused', async (names, vault, code, hint) => {
    const vaults = names.map((name) => capturingVault(name, []))
    const body = vault === undefined ? {} : { vault }
    await expect(call({ vaults: () => vaults }, 'POST', '/v1/login', { body })).rejects.toMatchObject({ code, hint })
  })
})

it('a logout removes the keys first, whatever the server says', async () => {
  const fate: string[] = []
  expect(await call({ vaults: () => [capturingVault('corp', fate)] }, 'POST', '/v1/logout')).toEqual({ status: 204 })
  expect(fate).toEqual(['corp: clear one', 'corp: clear two', 'corp: logout'])
})

it('a logout is over when no certificate is public any more', async () => {
  let withdrawn = () => {}
  const vault = {
    ...capturingVault('corp', []),
    identities: [{ key: { clear: () => new Promise<void>((resolve) => (withdrawn = resolve)) } }],
  } as unknown as RunningVault
  const order: string[] = []
  const over = call({ vaults: () => [vault] }, 'POST', '/v1/logout').then(() => order.push('over'))
  await new Promise((resolve) => setImmediate(resolve))
  order.push('withdrawn')
  withdrawn()
  await over
  expect(order).toEqual(['withdrawn', 'over'])
})

it('the status is passed on as it is', async () => {
  expect(await call({}, 'GET', '/v1/status')).toEqual({ status: 200, body: fullStatus })
})

describe('aws', () => {
  it('gives credentials in the form of credential_process', async () => {
    const aws = {
      credentials: async () => ({
        accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        secretAccessKey: new Secret('secret'),
        sessionToken: new Secret('token'),
        expiresAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
        accountId: '123456789012',
      }),
    } as unknown as AwsCredentials
    const params = { profile: 'dev' }
    expect(await call({ aws }, 'GET', '/v1/aws/credentials/{profile}', { params })).toEqual({
      status: 200,
      body: {
        Version: 1,
        AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        SecretAccessKey: 'secret',
        SessionToken: 'token',
        Expiration: '2026-01-02T03:04:05Z',
        AccountId: '123456789012',
      },
    })
  })

  it('passes on keys, and says if there is none to remove', async () => {
    const put: unknown[] = []
    const keys = {
      put: async (source: string, key: { secretAccessKey: Secret<string> }) => {
        put.push(source, key.secretAccessKey.expose())
        return { source, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', isVerified: false }
      },
      remove: async (source: string) => source === 'held',
    }
    const aws = { keys } as unknown as AwsCredentials
    const body = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) }
    const pattern = '/v1/aws/keys/{source}'
    expect(await call({ aws }, 'PUT', pattern, { params: { source: 'a' }, body })).toMatchObject({ status: 200 })
    expect(put).toEqual(['a', 'x'.repeat(40)])
    expect(await call({ aws }, 'DELETE', pattern, { params: { source: 'held' } })).toEqual({ status: 204 })
    await expect(call({ aws }, 'DELETE', pattern, { params: { source: 'a' } })).rejects.toMatchObject({
      code: 'KEY_UNKNOWN',
    })
  })
})

it('an answer to a question that is not open says so', async () => {
  const lentPrompts = createLentPrompts({ terminal: true })
  const answer = call({ lentPrompts }, 'POST', '/v1/prompts/{id}', { params: { id: '1' }, body: { answer: '1' } })
  await expect(answer).rejects.toMatchObject({ code: 'PROMPT_GONE', hint: 'run the command again' })
})

describe('a try of a profile', () => {
  const tried = (outcome: unknown) => {
    const aws = {
      credentials: async () => {
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    } as unknown as AwsCredentials
    return call({ aws }, 'POST', '/v1/aws/try', { body: { profile: 'dev' } })
  }

  it('hands out nothing', async () => {
    const credentials = { accessKeyId: 'ASIA', secretAccessKey: new Secret('secret'), expiresAtMs: 1 }
    expect(await tried(credentials)).toEqual({ status: 200, body: {} })
  })

  it('says why there are no credentials', async () => {
    expect(await tried(new AwsError('AWS_DENIED', 'no', { hint: 'ask' }))).toEqual({
      status: 200,
      body: { error: { code: 'AWS_DENIED', message: 'no', hint: 'ask' } },
    })
  })

  it.each([new AwsError('AWS_MFA_NEEDED', 'a code'), new Error('a fault')])('is no answer where %s', async (error) => {
    await expect(tried(error)).rejects.toBe(error)
  })
})

it.each([
  ['aws-cn', 'cn-north-1'],
  [undefined, 'us-east-1'],
])(
  'the accounts of an organization are asked for in the partition of the credentials: %s',
  async (partition, region) => {
    const credentials = { accessKeyId: 'ASIA', secretAccessKey: new Secret('x'), sessionToken: new Secret('y') }
    const aws = {
      credentials: async () => credentials,
      profiles: async () => [{ name: 'root', definedIn: 'config.toml', awsFiles: 'absent', partition }],
    } as unknown as AwsCredentials
    const asked: string[] = []
    const organizations = async () => ({
      listAccounts: async (signer: { region: string }) => {
        asked.push(signer.region)
        return []
      },
    })
    const reply = await call({ aws, organizations }, 'POST', '/v1/aws/accounts', { body: { profile: 'root' } })
    expect(reply).toEqual({ status: 200, body: { accounts: [] } })
    expect(asked).toEqual([region])
  },
)

describe('a caller that waits for keys to be confirmed', () => {
  const attend = (terminal: boolean, mode: string | undefined) => {
    const attended: boolean[] = []
    const confirmations = { ask: nobody, attend: async () => void attended.push(true) }
    const headers = mode === undefined ? {} : { 'latchkey-prompt': mode }
    const deps = { confirmations, lentPrompts: createLentPrompts({ terminal }) }
    return call(deps, 'POST', '/v1/ssh/confirmations', { headers }).then(() => attended)
  }

  it('is put questions at its terminal', async () => expect(await attend(true, 'terminal')).toEqual([true]))

  it.each([
    ['has no terminal', true, 'program', 'TERMINAL_NEEDED', 'in a terminal: latchkey ssh approve'],
    ['says nothing of a terminal', true, undefined, 'TERMINAL_NEEDED', 'in a terminal: latchkey ssh approve'],
    ['has one that is not asked', false, 'terminal', 'TERMINAL_OFF', 'remove terminal = false from [prompt], then: '],
  ])('is refused where it %s', async (_, terminal, mode, code, hint) => {
    await expect(attend(terminal, mode)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
  })
})
