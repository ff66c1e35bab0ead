import { SshError, SshReader } from '../../ssh/wire.ts'
import type { ConnectionView } from '../keys/key-store.ts'

const userauthRequest = 50
const publicKeyMethods: readonly string[] = ['publickey', 'publickey-hostbound-v00@openssh.com']

/**
 * Whether a connection may have this data signed. A connection that may come from another machine gets logins signed and
 * nothing else: otherwise the other machine's root could sign files, commits and certificates in our name
 * (docs/PROTOCOL.md P-10).
 */
export function maySign(connection: ConnectionView, data: Uint8Array): boolean {
  return !connection.isForwarded || isUserauthRequest(data)
}

/** Whether it is exactly what ssh signs to log in (RFC 4252 §7; OpenSSH's PROTOCOL §3.1 for the host-bound form). */
export function isUserauthRequest(data: Uint8Array): boolean {
  try {
    const reader = new SshReader(data)
    reader.string() // session id
    if (reader.byte() !== userauthRequest) return false
    reader.string() // user name
    if (reader.text() !== 'ssh-connection') return false
    const method = reader.text()
    if (!publicKeyMethods.includes(method) || !reader.boolean()) return false
    reader.string() // algorithm
    reader.string() // key
    if (method !== 'publickey') reader.string() // host key
    reader.end()
    return true
  } catch (error) {
    if (error instanceof SshError) return false
    throw error
  }
}
