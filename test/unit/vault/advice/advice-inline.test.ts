import { describe, expect, it } from 'vitest'
import { adviseOnInline } from '../../../../src/vault/advice/advice-inline.ts'
import type { LoginPurpose, SignPurpose } from '../../../../src/vault/advice/advice-row.ts'

const purpose: SignPurpose = { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ed25519' }
const login: LoginPurpose = {
  type: 'login',
  mount: 'jwt',
  who: 'role ci',
  advice: [
    {
      text: /^missing token$/,
      code: 'VAULT_LOGIN_FAILED',
      message: () => 'there is no JWT',
      hint: () => 'get one',
    },
  ],
}
const advise = (status: number, text: string, isOfLogin = false) =>
  adviseOnInline({ status, texts: [text], isOfLogin }, { vault: 'corp', purpose, login })

describe('the advice on a request that logged in', () => {
  it.each([
    ['has the header', 400, 'missing token', true],
    ['has the words in front', 500, 'failed to perform inline authentication: missing token', false],
  ])('is that of the login where the answer %s', (_, status, text, isOfLogin) => {
    expect(advise(status, text, isOfLogin)).toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      message: 'vault corp: there is no JWT',
      hint: 'get one',
      isOfLogin: true,
      status,
    })
  })

  it('is that of any login where the method is locked, with or without an answer of its own', () => {
    const locked = { code: 'VAULT_LOGIN_LOCKED', isOfLogin: true, message: expect.stringContaining('auth/jwt/') }
    expect(advise(403, 'permission denied', true)).toMatchObject(locked)
    expect(advise(403, 'failed to perform inline authentication: permission denied')).toMatchObject(locked)
  })

  it.each([
    [400, 'jo is not a valid value for valid_principals', 'VAULT_PRINCIPALS'],
    [403, '1 error occurred: * permission denied', 'VAULT_DENIED'],
    [503, 'Vault is sealed', 'VAULT_SEALED'],
    [429, 'request path "ssh/sign/ops": rate limit quota exceeded', 'VAULT_RATE_LIMITED'],
  ])('is that of the request where the login was not at fault: %s %s', (status, text, code) => {
    expect(advise(status, text)).toMatchObject({ code, isOfLogin: false })
  })

  // HashiCorp Vault and OpenBao before 2.4, which see a request without a token.
  it.each([
    [403, 'permission denied'],
    [400, 'missing client token'],
  ])('names a server that has not looked at the login: %s %s', (status, text) => {
    expect(advise(status, text)).toMatchObject({
      code: 'VAULT_CONFIG',
      message: expect.stringContaining('vault corp: it does not do inline authentication'),
      hint: 'remove inline = true from auth in config.toml',
      isOfLogin: true,
    })
  })

  it('says that login MFA has nobody to ask', () => {
    const text =
      'failed to perform inline authentication: unable to perform inline authentication with login MFA; use the X-Vault-MFA header to specify MFA information on the inline auth request'
    expect(advise(500, text)).toMatchObject({
      code: 'VAULT_CONFIG',
      message: expect.stringContaining('second factor'),
      hint: expect.stringContaining('remove inline = true'),
    })
  })

  it.each([
    ['cannot layer inline authentication with token authentication', 'VAULT_REQUEST_INVALID'],
    ['failed raw url-safe base64 decoding header value', 'VAULT_REQUEST_INVALID'],
    ['inline auth namespace was not found', 'VAULT_NAMESPACE'],
  ])('knows what is wrong with the headers: %s', (text, code) => {
    expect(advise(500, `failed to perform inline authentication: ${text}`)).toMatchObject({ code, isOfLogin: true })
  })

  it('is none of ours where a proxy answers', () => {
    const refusal = { status: 403, isOfLogin: false }
    expect(adviseOnInline(refusal, { vault: 'corp', purpose, login })).toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  })
})
