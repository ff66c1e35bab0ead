import { expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { ApiError, reportedError, toApiError } from '../../../../src/daemon/api/api-errors.ts'
import { KeychainError } from '../../../../src/keychain/keychain.ts'
import { PromptError } from '../../../../src/prompts/prompt.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

it.each([
  [new AwsError('AWS_MFA_NEEDED', 'a code is needed'), 401],
  [new VaultError('VAULT_LOGIN_NEEDED', 'log in'), 401],
  [new PromptError('PROMPT_CANCELLED', 'cancelled'), 401],
  [new AwsError('AWS_PROFILE_UNKNOWN', 'unknown'), 404],
  [new ApiError('VAULT_UNKNOWN', 'unknown'), 404],
  [new KeychainError('KEYCHAIN_LOCKED', 'locked'), 503],
  [new AwsError('AWS_DENIED', 'denied'), 502],
])('%s is answered with status %i', (error, status) => {
  expect(toApiError(error)).toEqual({ status, body: { error: { code: error.code, message: error.message } } })
})

it('passes the hint on', () => {
  const error = new AwsError('AWS_KEY_MISSING', 'no key', { hint: 'latchkey aws keys add master' })
  expect(toApiError(error).body.error.hint).toBe('latchkey aws keys add master')
  expect(reportedError(error)).toEqual({
    code: 'AWS_KEY_MISSING',
    message: 'no key',
    hint: 'latchkey aws keys add master',
  })
})

it('tells nobody what went wrong inside, because the text may hold anything', () => {
  const { status, body } = toApiError(new TypeError('cannot read wJalrXUtnFEMI'))
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('wJalrXUtnFEMI')
})
