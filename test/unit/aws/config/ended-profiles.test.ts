import { expect, it } from 'vitest'
import { withoutEnded } from '../../../../src/aws/config/ended-profiles.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'

const role = 'arn:aws:iam::123456789012:role/R'
const until = '2026-01-05T03:04:05Z'
const endMs = Date.parse(until)
const settings = {
  sources: { master: {} },
  profiles: {
    sandbox: { role, source: 'master', until },
    behind: { role, source: 'sandbox' },
    lasting: { role, source: 'master' },
  },
}
// Its block stays where nobody runs a command: it must not be taken for another profile.
const shared = parseSharedConfig({
  config: '[profile sandbox]\ncredential_process = /x/latchkey aws credentials sandbox\n',
})
const plan = (profile: string, nowMs: number) => planCredentials(withoutEnded(settings, nowMs), shared, profile)

it('serves a profile up to its last millisecond, and refuses it from then on, with those behind it', () => {
  expect(plan('behind', endMs - 1).profile).toBe('behind')
  for (const name of ['sandbox', 'behind']) {
    expect(() => plan(name, endMs)).toThrow(
      expect.objectContaining({
        code: 'AWS_PROFILE_INVALID',
        message: `profile sandbox was added for a limited time, which ended at ${until}`,
      }),
    )
  }
  expect(plan('lasting', endMs).profile).toBe('lasting')
})

it('still tells why others are switched off', () => {
  const off = new Error('no') as never
  const { switchedOff } = withoutEnded({ ...settings, switchedOff: () => off }, endMs)
  expect(switchedOff!('other')).toBe(off)
  expect(switchedOff!('sandbox')).not.toBe(off)
})
