import { expect, it } from 'vitest'
import { totp } from '../../../src/core/totp/totp.ts'
import { seedDevAccount } from '../../../src/dev/aws/seed.ts'
import { createDevAws } from '../../../src/dev/aws/server.ts'
import { currentCode } from '../../../src/dev/current-code.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

async function seededState(): Promise<{ text: string; secret: string }> {
  let text = ''
  const aws = await createDevAws({
    port: 0,
    now: () => nowMs,
    log: () => {},
    state: {
      load: () => undefined,
      save: (state) => {
        text = state
      },
    },
  })
  const { totpSecret } = await seedDevAccount(aws)
  await aws.close()
  return { text, secret: totpSecret.expose() }
}

it('is the code of the present step while that is unused', async () => {
  const { text, secret } = await seededState()
  const later = nowMs + 60_000
  expect(currentCode(text, later)).toEqual({ code: totp(secret, later), waitMs: 0 })
})

it('is the code of the next step, with the time until then, when the present one is spent', async () => {
  const { text, secret } = await seededState()
  const state = JSON.parse(text)
  state.users[0].mfaDevices[0].lastAcceptedStep = Math.floor(nowMs / 30_000)
  // 5 s into a step.
  expect(currentCode(JSON.stringify(state), nowMs)).toEqual({ code: totp(secret, nowMs + 30_000), waitMs: 25_000 })
})

it('is that of the device which is named', async () => {
  const { text } = await seededState()
  const state = JSON.parse(text)
  const phone = {
    ...state.users[0].mfaDevices[0],
    serialNumber: 'phone',
    secretBase32: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  }
  state.users[1].mfaDevices.push(phone)
  const later = nowMs + 60_000
  expect(currentCode(JSON.stringify(state), later, 'phone').code).toBe(totp(phone.secretBase32, later))
  expect(() => currentCode(text, later, 'phone')).toThrowError('no user with the MFA device phone')
})

it('says where to find one when there is no user here', () => {
  expect(() => currentCode(undefined, nowMs)).toThrowError('no embedded AWS user')
})
