import { expect, it } from 'vitest'
import { takeInheritedSockets } from '../../../../src/daemon/process/inherited-sockets.ts'

it('finds the sockets by the names of their units, and removes the variables', () => {
  const environment = {
    LISTEN_PID: '42',
    LISTEN_FDS: '2',
    LISTEN_FDNAMES: 'agent:api',
    LISTEN_PIDFDID: '1',
    HOME: '/h',
  }
  expect([...takeInheritedSockets(environment, 42)]).toEqual([
    ['agent', 3],
    ['api', 4],
  ])
  expect(environment).toEqual({ HOME: '/h' })
})

it('takes none that were meant for another process, but still removes the variables', () => {
  const environment = { LISTEN_PID: '41', LISTEN_FDS: '1', LISTEN_FDNAMES: 'agent' }
  expect(takeInheritedSockets(environment, 42).size).toBe(0)
  expect(environment).toEqual({})
})

it.each([
  ['no variables', {}, []],
  ['no names', { LISTEN_FDS: '2' }, []],
  ['an unnamed socket', { LISTEN_FDS: '2', LISTEN_FDNAMES: ':api' }, [['api', 4]]],
  ['more names than sockets', { LISTEN_FDS: '1', LISTEN_FDNAMES: 'agent:api' }, [['agent', 3]]],
  [
    'two sockets of one name',
    { LISTEN_FDS: '3', LISTEN_FDNAMES: 'agent:agent:api' },
    [
      ['agent', 3],
      ['api', 5],
    ],
  ],
  ['a count that is none', { LISTEN_FDS: '2x', LISTEN_FDNAMES: 'agent:api' }, []],
  ['a negative count', { LISTEN_FDS: '-1', LISTEN_FDNAMES: 'agent:api' }, []],
  ['an absurd count', { LISTEN_FDS: '1000000', LISTEN_FDNAMES: 'agent' }, []],
])('with %s', (_, variables, expected) => {
  expect([...takeInheritedSockets({ LISTEN_PID: '42', ...variables }, 42)]).toEqual(expected)
})
