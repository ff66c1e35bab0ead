import { readOr } from './read-or.ts'
import { SshReader } from './wire.ts'

/** What ssh has signed to log in (RFC 4252 §7). */
export interface LoginRequest {
  sessionId: Uint8Array
  /** A client has chosen it. */
  user: string
  /** The key or certificate that logs in. */
  keyBlob: Uint8Array
  /** The key of the host, in the host-bound form (OpenSSH's PROTOCOL §3.1). */
  hostKeyBlob?: Uint8Array
}

const userauthRequest = 50

/** Undefined for anything else: a form with anything missing, or anything behind it, is none. */
export function readLoginRequest(data: Uint8Array): LoginRequest | undefined {
  return readOr(undefined, () => {
    const reader = new SshReader(data)
    const sessionId = reader.string()
    if (reader.byte() !== userauthRequest) return undefined
    // Names need not be UTF-8. One with a NUL is refused by sshd, and would fit a pattern by what is behind it.
    const userBytes = reader.string()
    if (userBytes.includes(0)) return undefined
    const user = Buffer.from(userBytes).toString('utf8')
    if (reader.text() !== 'ssh-connection') return undefined
    const method = reader.text()
    const isHostBound = method === 'publickey-hostbound-v00@openssh.com'
    if ((method !== 'publickey' && !isHostBound) || !reader.boolean()) return undefined
    reader.string() // algorithm
    const keyBlob = reader.string()
    const hostKeyBlob = isHostBound ? { hostKeyBlob: reader.string() } : {}
    reader.end()
    return { sessionId, user, keyBlob, ...hostKeyBlob }
  })
}
