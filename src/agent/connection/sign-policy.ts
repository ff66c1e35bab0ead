import { SshError, SshReader } from '../../ssh/wire.ts'
import type { ConnectionView } from '../keys/key-store.ts'

const userauthRequest = 50
const publicKeyMethods: readonly string[] = ['publickey', 'publickey-hostbound-v00@openssh.com']

/**
 * Tells whether a connection may have this data signed. One that may come from another machine gets logins signed and
 * nothing else: the other machine's root could have our names on files, commits and certificates otherwise
 * (docs/PROTOCOL.md P-10).
 */
export function maySign(connection: ConnectionView, data: Uint8Array): boolean {
  return !connection.isForwarded || isUserauthRequest(data)
}

/** What ssh signs to log in (RFC 4252 §7; PROTOCOL §3.1 of OpenSSH for the host-bound form), with nothing after it. */
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
