import { describe, expect, it } from 'vitest'
import { foreignText } from '../../../../src/core/text/display-text.ts'
import { adviseOn } from '../../../../src/vault/advice/advice.ts'
import { kubernetes } from '../../../../src/vault/login/kubernetes.ts'
import { ldap } from '../../../../src/vault/login/ldap.ts'
import { radius } from '../../../../src/vault/login/radius.ts'
import type { VaultErrorCode } from '../../../../src/vault/vault-error.ts'
import { readExchanges } from '../../../support/vault-exchanges.ts'

const methods = { ldap, radius, kubernetes }

/** What each refusal means that was recorded in front of a real slapd, a real freeradius and a TokenReview. */
const codes: Readonly<Record<keyof typeof methods, Readonly<Record<string, VaultErrorCode>>>> = {
  ldap: {
    'wrong password': 'VAULT_LOGIN_FAILED',
    'no such person': 'VAULT_LOGIN_FAILED',
    'empty password': 'VAULT_REQUEST_INVALID',
    'no password': 'VAULT_REQUEST_INVALID',
    'a name with filter characters': 'VAULT_LOGIN_FAILED',
    'no such mount': 'VAULT_LOGIN_LOCKED',
    'wrong password in a row, 2': 'VAULT_LOGIN_FAILED',
    'wrong password in a row, 3': 'VAULT_LOGIN_FAILED',
    'wrong password in a row, 4': 'VAULT_LOGIN_FAILED',
    'wrong password in a row, 5': 'VAULT_LOGIN_FAILED',
    'wrong password in a row, 6': 'VAULT_LOGIN_LOCKED',
    'wrong password in a row, 7': 'VAULT_LOGIN_LOCKED',
    'right password after them': 'VAULT_LOGIN_LOCKED',
    // Not a wrong password.
    'directory is down': 'VAULT_LOGIN_LOCKED',
  },
  radius: {
    'wrong password': 'VAULT_LOGIN_FAILED',
    'no such person': 'VAULT_LOGIN_FAILED',
    'no password': 'VAULT_REQUEST_INVALID',
    'server is down': 'VAULT_LOGIN_LOCKED',
  },
  kubernetes: {
    'another service account': 'VAULT_LOGIN_FAILED',
    'no such role': 'VAULT_ROLE_UNKNOWN',
    // Like an API that is down: the server does not tell them apart.
    'no JWT': 'VAULT_LOGIN_LOCKED',
    'no token at all': 'VAULT_REQUEST_INVALID',
    'expired token': 'VAULT_LOGIN_FAILED',
    'API is down': 'VAULT_LOGIN_LOCKED',
  },
}

describe.each(Object.entries(methods))('the advice on a refused login by %s', (name, { advice }) => {
  const expected = codes[name as keyof typeof methods]
  const refused = readExchanges(`peers/${name}`).filter(({ response }) => response.status >= 400)

  it('knows every one that was recorded', () => {
    expect(refused.map((exchange) => exchange.name)).toEqual(Object.keys(expected))
  })

  it.each(refused)('$name', (exchange) => {
    const { status, json } = exchange.response
    const texts = (json as { errors: string[] }).errors.map((text) => foreignText(text, []))
    const purpose = { type: 'login', mount: name, who: 'somebody', advice } as const
    expect(adviseOn({ status, texts }, { vault: 'corp', purpose })).toMatchObject({
      code: expected[exchange.name],
      hint: expect.stringMatching(/./),
    })
  })
})
