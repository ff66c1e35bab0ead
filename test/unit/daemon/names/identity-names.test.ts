import { expect, it } from 'vitest'
import { nameFault, nameOfFile, nameOfSocket, namesOf } from '../../../../src/daemon/names/identity-names.ts'

it('an identity has a key, its certificate under two names, and a socket', () => {
  expect(namesOf('ops')).toEqual({
    key: 'ops.pub',
    certificate: 'ops-cert.pub',
    certificateOfKey: 'ops.pub-cert.pub',
    socket: 'agent-ops.sock',
  })
})

it.each(['ops', 'o p s', '-x', '~', 'a.b', 'a-certain', 'pub', 'ö', '%h', 'a\\b', 'x'.repeat(228)])(
  'is found again by its files and its socket: %j',
  (name) => {
    const { socket, ...files } = namesOf(name)
    expect(nameFault(name)).toBeUndefined()
    for (const file of Object.values(files)) {
      expect(nameOfFile(file)).toBe(name)
      // Beside it, while it is written.
      expect(Buffer.byteLength(`.${file}.0123456789ab`)).toBeLessThanOrEqual(255)
    }
    expect(nameOfSocket(socket)).toBe(name)
  },
)

it.each(['.', '..', '.ssh', '../x', 'a/b', '/', 'ops.pub', 'ops-cert', '.pub', 'x'.repeat(229), 'ö'.repeat(115)])(
  'is no name for files: %j',
  (name) => {
    expect(nameFault(name)).toBeDefined()
  },
)

it.each(['ops', 'ops.txt', '.ops.pub', '.pub', '-cert.pub', 'known_hosts', '.ops.pub.0123456789ab'])(
  'belongs to no identity: %s',
  (file) => {
    expect(nameOfFile(file)).toBeUndefined()
  },
)

it.each(['agent.sock', 'agent-.sock', 'api.sock', 'agent-ops', 'agent-.hidden.sock', '.agent-ops.sock.lock'])(
  'is the socket of no identity: %s',
  (file) => {
    expect(nameOfSocket(file)).toBeUndefined()
  },
)
