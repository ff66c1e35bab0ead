import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { SecretReader } from '../../../../src/vault/login/secret-source.ts'
import { createSourcedLogin } from '../../../../src/vault/login/sourced-login.ts'
import type { LeasedToken } from '../../../../src/vault/token/token-lease.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const wrong = new VaultError('VAULT_LOGIN_FAILED', 'refused', { status: 400 })
const granted = {} as LeasedToken

/** A login that is refused until it is allowed. @param isMade a command prints the secret */
function world(isMade: boolean) {
  const clock = fakeClock()
  const state = { secret: 'one', refusal: wrong as Error | undefined }
  const sent: string[] = []
  let reads = 0
  const reader: SecretReader = {
    where: 'there',
    isMade,
    async read() {
      reads += 1
      return new Secret(state.secret)
    },
  }
  const login = createSourcedLogin(reader, { clock, random: () => 0 }, async (secret, { mayAsk }) => {
    sent.push(`${secret.expose()}${mayAsk ? ' asked' : ''}`)
    if (state.refusal !== undefined) throw state.refusal
    return granted
  })
  return { clock, state, sent, login, reads: () => reads }
}

it('a secret is read anew for each login, and tells whether a person wants it', async () => {
  const { state, sent, login } = world(false)
  state.refusal = undefined
  expect(await login(false)).toBe(granted)
  state.secret = 'two'
  await login(true)
  expect(sent).toEqual(['one', 'two asked'])
})

it('a file that was refused is read, but not sent before it has changed', async () => {
  const { state, sent, login, reads } = world(false)
  await expect(login(false)).rejects.toBe(wrong)
  await expect(login(false)).rejects.toBe(wrong)
  expect([sent, reads()]).toEqual([['one'], 2])
  state.secret = 'two'
  await expect(login(false)).rejects.toBe(wrong)
  expect(sent).toEqual(['one', 'two'])
})

it('a command whose secret was refused is not run, unless a person asks or five minutes have passed', async () => {
  const { clock, sent, login, reads } = world(true)
  await expect(login(false)).rejects.toBe(wrong)
  await expect(login(false)).rejects.toBe(wrong)
  expect(reads()).toBe(1)
  await expect(login(true)).rejects.toBe(wrong)
  clock.advance(300_000)
  await expect(login(false)).rejects.toBe(wrong)
  expect(sent).toEqual(['one', 'one asked', 'one'])
})

it('a command is run again at once after a failure on the way', async () => {
  const { state, login, reads } = world(true)
  state.refusal = new VaultError('VAULT_UNREACHABLE', 'away')
  await expect(login(false)).rejects.toThrow('away')
  await expect(login(false)).rejects.toThrow('away')
  expect(reads()).toBe(2)
})
