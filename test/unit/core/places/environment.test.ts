import { expect, it } from 'vitest'
import { callerEnvironment, unreadCaFile, withoutSecrets } from '../../../../src/core/places/environment.ts'

it('gives children the CA file that was moved out of the way', () => {
  expect(callerEnvironment({ A: '1', LATCHKEY_EXTRA_CA_CERTS: '/ca.pem' })).toEqual({
    A: '1',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  })
  expect(callerEnvironment({ A: '1', LATCHKEY_EXTRA_CA_CERTS: '' })).toEqual({ A: '1' })
  expect(callerEnvironment({ NODE_EXTRA_CA_CERTS: '/own.pem' })).toEqual({ NODE_EXTRA_CA_CERTS: '/own.pem' })
})

it('gives children the variables that a sh has dropped', () => {
  const dropped = Buffer.from('TF_VAR_a-b=1=2\0BASH_FUNC_x%%=() {  echo 1\n}\0=::=::\0none\0empty.one=\0').toString(
    'base64',
  )
  expect(callerEnvironment({ A: '1', LATCHKEY_DROPPED_VARIABLES: dropped })).toEqual({
    A: '1',
    'TF_VAR_a-b': '1=2',
    'BASH_FUNC_x%%': '() {  echo 1\n}',
    'empty.one': '',
  })
  expect(callerEnvironment({ A: '1', LATCHKEY_DROPPED_VARIABLES: '?' })).toEqual({ A: '1' })
})

it('names the CA file that Node has not read', () => {
  expect(unreadCaFile({ LATCHKEY_EXTRA_CA_CERTS: '/ca.pem' })).toBe('/ca.pem')
  expect(unreadCaFile({ LATCHKEY_EXTRA_CA_CERTS: '' })).toBeUndefined()
  expect(unreadCaFile({ NODE_EXTRA_CA_CERTS: '/own.pem' })).toBeUndefined()
})

it('keeps secrets from programs that need none', () => {
  const secrets = { VAULT_TOKEN: 'a', BAO_TOKEN: 'b', AWS_SECRET_ACCESS_KEY: 'c', AWS_SESSION_TOKEN: 'd' }
  expect(withoutSecrets({ DISPLAY: ':7', VAULT_ADDR: 'https://vault', ...secrets })).toEqual({
    DISPLAY: ':7',
    VAULT_ADDR: 'https://vault',
  })
})
