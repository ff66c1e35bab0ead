import { describe, expect, it } from 'vitest'
import {
  isCredentialVariable,
  keyVariables,
  profileVariables,
  withoutCredentials,
} from '../../../../src/helper/exec/credential-variables.ts'
import { credentials } from '../../../support/helper-api.ts'

describe('a variable', () => {
  it.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'AWS_SSO_ACCOUNT_ID',
    'AWS_BEARER_TOKEN_BEDROCK',
    'AWS_CREDENTIAL_EXPIRATION',
    'EC2_SECRET_KEY',
  ])('%s gives or chooses credentials', (name) => expect(isCredentialVariable(name)).toBe(true))

  it.each([
    'AWS_CA_BUNDLE',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_SSO',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_DEFAULT_OUTPUT',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_PAGER',
    'AWS_MAX_ATTEMPTS',
    'MY_AWS_PROFILE',
    'AWS_SSO_;id',
    'AWS_CONTAINER_$(id)',
    'AWS_BEARER_TOKEN_X\nid',
    'PATH',
  ])('%s does not', (name) => expect(isCredentialVariable(name)).toBe(false))
})

it('an environment loses its credentials and nothing else', () => {
  expect(withoutCredentials({ PATH: '/bin', AWS_PROFILE: 'x', AWS_CA_BUNDLE: '/ca', EMPTY: '' })).toEqual({
    PATH: '/bin',
    AWS_CA_BUNDLE: '/ca',
    EMPTY: '',
  })
})

describe('the variables of a profile', () => {
  it('name it for prompts, and its region for old and new tools', () => {
    expect(profileVariables({ profile: 'dev', region: 'eu-west-1' })).toEqual({
      AWS_VAULT: 'dev',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    })
    expect(profileVariables({ profile: 'dev', region: undefined })).toEqual({ AWS_VAULT: 'dev' })
  })

  it('have its keys and their end, and its account where that is known', () => {
    const keys = {
      AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: credentials.SessionToken,
      AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
    }
    expect(keyVariables(credentials)).toEqual(keys)
    expect(keyVariables({ ...credentials, AccountId: '1' })).toEqual({ ...keys, AWS_ACCOUNT_ID: '1' })
  })
})
