import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { endianness } from 'node:os'

/** One end of a TCP connection. */
export interface TcpEnd {
  address: string
  port: number
}

/** A TCP connection as the program at the other end of it has it. */
export interface TcpConnection {
  local: TcpEnd
  remote: TcpEnd
}

/**
 * Which user has the socket of a connection between two programs of this machine: the kernel lists both ends of it
 * (proc(5), /proc/net/tcp). Linux only.
 * @returns a uid; undefined where the connection is not listed, or is no program's any more
 */
export async function socketOwner(connection: TcpConnection): Promise<number | undefined> {
  // An IPv6 socket may speak IPv4.
  for (const [table, form] of [
    ['/proc/net/tcp', ipv4Hex],
    ['/proc/net/tcp6', ipv6Hex],
  ] as const) {
    const [local, remote] = [endHex(connection.local, form), endHex(connection.remote, form)]
    if (local === undefined || remote === undefined) continue
    const uid = await findOwner(table, `${local} ${remote}`)
    if (uid !== undefined) return uid
  }
  return undefined
}

/** Which user has the other end of a connection within this machine; see `socketOwner`. */
export function peerUid(socket: Socket): Promise<number | undefined> {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  return socketOwner({
    local: { address: remoteAddress, port: remotePort },
    remote: { address: localAddress, port: localPort },
  })
}

/** The lines are read one by one: a busy machine has hundreds of thousands. */
async function findOwner(table: string, ends: string): Promise<number | undefined> {
  const file = await open(table).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    for await (const line of file.readLines()) {
      const uid = ownerIn(line, ends)
      if (uid !== undefined) return uid
    }
    return undefined
  } finally {
    await file.close()
  }
}

/** @param ends both, as the table writes them, the local one first */
export function ownerIn(line: string, ends: string): number | undefined {
  const [, local, remote, , , , , uid, , inode] = line.trim().split(/\s+/)
  // A connection that its program has closed is listed as the superuser's, without an inode.
  return `${local} ${remote}` === ends && inode !== '0' ? Number(uid) : undefined
}

function endHex({ address, port }: TcpEnd, form: (address: string) => string | undefined): string | undefined {
  const hex = form(address)
  return hex === undefined ? undefined : `${hex}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

const mapped = /^::ffff:(?=\d+\.)/i

function ipv4Hex(address: string): string | undefined {
  const parts = address.replace(mapped, '').split('.').map(Number)
  return parts.length === 4 ? wordHex(Buffer.from(parts)) : undefined
}

/** Of the loopback address, and of IPv4 addresses, which is what programs of this machine connect from. */
function ipv6Hex(address: string): string | undefined {
  const ipv4 = ipv4Hex(address)
  const zero = wordHex(Buffer.alloc(4))
  if (ipv4 !== undefined) return `${zero}${zero}${wordHex(Buffer.from([0, 0, 0xff, 0xff]))}${ipv4}`
  return address === '::1' ? `${zero}${zero}${zero}${wordHex(Buffer.from([0, 0, 0, 1]))}` : undefined
}

/** The kernel writes each 32 bits of an address, which are in network order, as a number of this machine. */
function wordHex(bytes: Buffer): string {
  const word = endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE()
  return word.toString(16).toUpperCase().padStart(8, '0')
}
