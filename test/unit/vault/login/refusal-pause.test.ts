import { describe, expect, it } from 'vitest'
import { createRefusalPause } from '../../../../src/vault/login/refusal-pause.ts'
import { VaultError, type VaultErrorCode } from '../../../../src/vault/vault-error.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const refusal = (code: VaultErrorCode, status?: number) =>
  new VaultError(code, 'refused', status === undefined ? {} : { status })

function world() {
  const clock = fakeClock()
  const pause = createRefusalPause(clock, () => 0.5)
  const failWith = async (error: Error) => {
    await expect(pause.guard(() => Promise.reject(error))).rejects.toBe(error)
    return error
  }
  return { clock, pause, failWith }
}

describe('after a refusal', () => {
  it.each<[string, VaultError]>([
    ['a wrong secret', refusal('VAULT_LOGIN_FAILED', 400)],
    ['a second factor that nobody has', refusal('VAULT_MFA_NEEDED')],
    ['a role that is not there', refusal('VAULT_ROLE_UNKNOWN', 400)],
  ])('nothing is sent for five minutes (%s)', async (_, error) => {
    const { clock, pause, failWith } = world()
    pause.check(false, 'one')
    await failWith(error)
    expect(() => pause.check(false, 'one')).toThrow(error)
    expect(() => pause.check(false)).toThrow(error)
    clock.advance(299_999)
    expect(() => pause.check(false, 'one')).toThrow(error)
    clock.advance(1)
    pause.check(false, 'one')
  })

  it('that passes by itself it is soon tried again, and never later than in a minute', async () => {
    const { clock, pause, failWith } = world()
    for (let tries = 0; tries < 10; tries += 1) {
      await failWith(refusal('VAULT_LOGIN_LOCKED', 403))
      expect(() => pause.check(false)).toThrow('refused')
      clock.advance(60_000)
      pause.check(false)
    }
  })

  it.each<[string, boolean, string]>([
    ['a person asks', true, 'one'],
    ['the secret is another one', false, 'two'],
  ])('it is tried at once where %s', async (_, isAsked, key) => {
    const { pause, failWith } = world()
    pause.check(false, 'one')
    await failWith(refusal('VAULT_LOGIN_FAILED', 400))
    pause.check(isAsked, key)
  })

  it('a success ends the pause', async () => {
    const { pause, failWith } = world()
    pause.check(false, 'one')
    await failWith(refusal('VAULT_LOGIN_FAILED', 400))
    expect(await pause.guard(async () => 'in')).toBe('in')
    pause.check(false, 'one')
  })
})

it.each([
  ['an outage', refusal('VAULT_UNREACHABLE')],
  ['a server in trouble', refusal('VAULT_UNAVAILABLE', 503)],
  ['something else in its place', refusal('VAULT_BAD_RESPONSE', 200)],
  ['no error of a vault', new Error('bug')],
])('%s is no refusal', async (_, error) => {
  const { pause, failWith } = world()
  await failWith(error)
  pause.check(false)
})
