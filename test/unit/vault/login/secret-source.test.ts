import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../../../src/core/files/read-file.ts'
import type { LoginContext } from '../../../../src/vault/login/login-method.ts'
import { createSecretReader, type SecretSource, secretSourceSchema } from '../../../../src/vault/login/secret-source.ts'
import { loginContext, testClient } from '../../../support/vault-world.ts'

const client = testClient('http://127.0.0.1:1')
const reader = (source: SecretSource, own: Partial<LoginContext> = {}) =>
  createSecretReader(source, 'JWT', loginContext(client, own))

describe('a secret from elsewhere', () => {
  it.each([
    [{ file: '~/jwt' }, '/home/jo/jwt'],
    [{ env: 'CI_JWT' }, 'the variable CI_JWT'],
    [{ command: ['/opt/bin/ci-token', '--secret=x'] }, 'the command ci-token'],
  ])('of %j is called %s', (source, where) => {
    expect(reader(source).where).toBe(where)
  })

  it('is read without the blanks around it, each time', async () => {
    const texts = ['one\n', ' two ']
    const { read } = reader({ file: '/jwt' }, { readText: async () => texts.shift()! })
    expect((await read()).expose()).toBe('one')
    expect((await read()).expose()).toBe('two')
  })

  it('of a command is what that prints, which gets none of our tokens and keys', async () => {
    const seen: unknown[] = []
    const { read } = reader(
      { command: ['~/bin/ci-token', 'a b'] },
      {
        environment: { PATH: '/bin', VAULT_TOKEN: 's.1', AWS_SECRET_ACCESS_KEY: 'k' },
        runProgram: async (...call) => {
          seen.push(call)
          return 'jwt\n'
        },
      },
    )
    expect((await read()).expose()).toBe('jwt')
    expect(seen).toEqual([['/home/jo/bin/ci-token', ['a b'], { PATH: '/bin' }]])
  })

  it.each<[string, SecretSource, Partial<LoginContext>, string]>([
    ['no file', { file: '/jwt' }, {}, 'file /jwt cannot be read: ENOENT'],
    ['an empty file', { file: '/jwt' }, { readText: async () => '\n' }, '/jwt is empty'],
    ['no variable', { env: 'CI_JWT' }, {}, 'the variable CI_JWT, which the JWT comes from, is not set'],
    ['an empty variable', { env: 'CI_JWT' }, { environment: { CI_JWT: '' } }, 'is not set'],
    ['two lines', { env: 'CI_JWT' }, { environment: { CI_JWT: 'a\nb' } }, 'characters that it cannot have'],
    ['a command that prints nothing', { command: ['ci-token'] }, {}, 'the command ci-token printed no JWT'],
  ])('is an error with a hint where there is %s', async (_, source, own, message) => {
    await expect(reader(source, own).read()).rejects.toMatchObject({
      code: 'env' in source ? 'VAULT_CONFIG' : 'VAULT_SECRET_MISSING',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    })
  })

  it.each<[string, Error, string]>([
    ['fails', Object.assign(new Error('secret printed'), { code: 3 }), 'failed: exit status 3'],
    ['is not there', Object.assign(new Error('spawn'), { code: 'ENOENT' }), 'failed: ENOENT'],
    ['hangs', Object.assign(new Error('secret'), { killed: true, code: null }), 'took too long'],
    ['was changed by others', new FileError('FILE_UNTRUSTED', 'anybody may write it', { hint: 'chmod' }), 'anybody'],
  ])('of a command that %s is an error that quotes nothing of it', async (_, failure, message) => {
    const { read } = reader({ command: ['ci-token', 'secret'] }, { runProgram: () => Promise.reject(failure) })
    const error = (await read().catch((thrown: unknown) => thrown)) as Error
    const code = failure instanceof FileError ? 'VAULT_CONFIG' : 'VAULT_SECRET_MISSING'
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(error.message).not.toContain('secret')
    expect(failure instanceof FileError ? undefined : error.cause).toBeUndefined()
  })

  it.each([{}, { file: 'relative' }, { command: [] }, { command: 'line' }, { file: '/a', env: 'B' }, 'text'])(
    'is not written as %j',
    (written) => {
      expect(v.is(secretSourceSchema, written)).toBe(false)
    },
  )
})
