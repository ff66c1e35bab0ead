import { expect, it } from 'vitest'
import { takePassedSocket } from '../../../../src/daemon/compat/activation.ts'

it('takes the one socket that was passed, whatever its name, and removes the variables', () => {
  const environment = { LISTEN_PID: '42', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', LISTEN_PIDFDID: '1', HOME: '/h' }
  expect(takePassedSocket(environment, 42)).toBe(3)
  expect(environment).toEqual({ HOME: '/h' })
})

it.each([
  ['no variables', {}],
  ['no count', { LISTEN_PID: '42' }],
  ['no process', { LISTEN_FDS: '1' }],
])('takes none with %s', (_, environment) => expect(takePassedSocket(environment, 42)).toBeUndefined())

it.each([
  ['two', { LISTEN_PID: '42', LISTEN_FDS: '2' }, 'LISTEN_FDS is 2'],
  ['none', { LISTEN_PID: '42', LISTEN_FDS: '0' }, 'LISTEN_FDS is 0'],
  ['an odd one', { LISTEN_PID: '42', LISTEN_FDS: '01' }, 'LISTEN_FDS is 01'],
  ['those of another process', { LISTEN_PID: '41', LISTEN_FDS: '1' }, 'LISTEN_PID is 41, and this is process 42'],
  ['those of no process', { LISTEN_PID: '', LISTEN_FDS: '1' }, 'LISTEN_PID is , and this is process 42'],
])('refuses %s', (_, environment, says) =>
  expect(() => takePassedSocket(environment, 42)).toThrow(
    expect.objectContaining({ code: 'SOCKET_NOT_PASSED', message: expect.stringContaining(says) }),
  ),
)
