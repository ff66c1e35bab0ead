import { expect, it } from 'vitest'
import { readObservation } from '../../../../src/helper/host-check/observation.ts'

const whole = [
  'welcome to the host',
  '|not ours',
  'latchkey:user ubuntu',
  'latchkey:groups ubuntu adm',
  'latchkey:time 2026-01-02T03:04:05',
  'latchkey:begin sshd',
  '|port 22',
  '|latchkey:done',
  '',
  'latchkey:end 0',
  'latchkey:begin hostcertificate',
  '|x',
  'latchkey:end 1',
  'latchkey:done',
]

it('has what the host has said, each part apart', () => {
  expect(readObservation(whole)).toEqual({
    user: 'ubuntu',
    groups: ['ubuntu', 'adm'],
    time: '2026-01-02T03:04:05',
    sshd: { lines: ['port 22', 'latchkey:done'], status: 0 },
    ca: undefined,
    revoked: undefined,
    principals: undefined,
    hostCertificates: [{ lines: ['x'], status: 1 }],
  })
})

it('refuses every beginning of it, since more would have come', () => {
  for (let length = 0; length < whole.length; length += 1)
    expect(() => readObservation(whole.slice(0, length))).toThrow(expect.objectContaining({ code: 'REFUSED' }))
})

it.each([
  [[], 'nothing'],
  [['', '\u001b[2Jfish: Unknown command'], 'something else: [2Jfish: Unknown command'],
  [['x'.repeat(1_000_000)], `something else: ${'x'.repeat(100)}…`],
])('says what has answered in its place', (lines, what) => {
  expect(() => readObservation(lines)).toThrow(`runs no commands as they are sent, and answers ${what}`)
})
