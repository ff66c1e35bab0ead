import { expect, it } from 'vitest'
import { isOwnPeer } from '../../../../src/ipc/sockets/peer-credentials.ts'

it.each([
  ['ourselves', { uid: 1000, pid: 1 }, 1000, true],
  ['root, who can do everything anyway', { uid: 0, pid: 1 }, 1000, true],
  ['another user', { uid: 1001, pid: 1 }, 1000, false],
  ['another user, when we are root', { uid: 1001, pid: undefined }, 0, false],
  ['whoever the platform cannot name', undefined, 1000, true],
  ['everybody where there are no users', { uid: 1001, pid: 1 }, undefined, true],
])('serves %s: or not', (_, peer, ownUid, expected) => {
  expect(isOwnPeer(peer, ownUid)).toBe(expected)
})
