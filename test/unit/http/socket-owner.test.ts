import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ownerIn, socketOwner } from '../../../src/http/socket-owner.ts'

const ends = '0100007F:ADB8 0100007F:C403'
const row = (state: string, uid: number, inode: number, both = ends) =>
  `   3: ${both} ${state} 00000000:00000000 02:0000000C 00000000  ${uid}        0 ${inode} 2 0000000070237212 20 4 2 18 -1`

describe('a line of the table', () => {
  it('names the user of a socket', () => {
    expect(ownerIn(row('01', 1000, 8477259), ends)).toBe(1000)
    expect(ownerIn(row('01', 0, 8477259), ends)).toBe(0)
  })

  it('is not taken for another connection, nor for the other end', () => {
    expect(ownerIn(row('01', 1000, 1, '0100007F:C403 0100007F:ADB8'), ends)).toBeUndefined()
    expect(ownerIn(row('01', 1000, 1, '0100007F:ADB8 0100007F:C404'), ends)).toBeUndefined()
    expect(ownerIn('  sl  local_address rem_address   st', ends)).toBeUndefined()
  })

  it('names nobody where the program has closed its end', () => {
    expect(ownerIn(row('06', 0, 0), ends)).toBeUndefined()
  })
})

/** Both ends of a connection, as the server sees them. */
async function connection(host: string, listenOn: string) {
  const server = createServer()
  server.listen({ port: 0, host: listenOn })
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, host)
  const [accepted] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return {
    local: { address: accepted.remoteAddress!, port: accepted.remotePort! },
    remote: { address: accepted.localAddress!, port: accepted.localPort! },
  }
}

describe.runIf(process.platform === 'linux')('the kernel', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['127.0.0.1', '::'],
  ])('knows who has connected to %s, where %s is listened on', async (host, listenOn) => {
    const found = await connection(host, listenOn)
    expect(await socketOwner(found)).toBe(process.getuid!())
    expect(await socketOwner({ ...found, local: { ...found.local, port: 1 } })).toBeUndefined()
  })

  it('knows nobody at an address that is no address of this machine', async () => {
    const far = { address: '2001:db8::1', port: 443 }
    expect(await socketOwner({ local: far, remote: far })).toBeUndefined()
  })
})
