import { expect, it } from 'vitest'
import { explainHop, hopDestination } from '../../../../src/helper/ssh/hops.ts'

it.each([
  ['gate', 'gate'],
  ['u@gate', 'u@gate'],
  ['u@gate:2222', 'ssh://u@gate:2222'],
  ['[::1]:22', 'ssh://[::1]:22'],
  ['fe80::1:22', 'fe80::1:22'],
  ['ssh://u@gate:22', 'ssh://u@gate:22'],
])('%s of ProxyJump is the destination %s', (hop, destination) => {
  expect(hopDestination(hop)).toBe(destination)
})

it('are explained with the ssh_config of the whole login', () => {
  expect(explainHop('gate', ['-p', '22', '-A'], '--try')).toBe('latchkey ssh explain --try gate')
  expect(explainHop('u@gate:1', ['-p', '22', '-F', '/a b', '-A'])).toBe("latchkey ssh explain -F '/a b' ssh://u@gate:1")
})
