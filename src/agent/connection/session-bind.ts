import { decodeCertificate } from '../../ssh/certificate.ts'
import { keyTypeOfCertificate, signatureAlgorithmNamed } from '../../ssh/keys/key-types.ts'
import { decodePublicKey, type PublicKey } from '../../ssh/public-key.ts'
import { verifySignature } from '../../ssh/signature.ts'
import { equalBytes, SshError, SshReader } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'

/** `session-bind@openssh.com` (PROTOCOL.agent §1): the SSH session that a connection to the agent serves. */
export const sessionBindName = 'session-bind@openssh.com'

/** One verified bind. */
export interface SessionBinding {
  /** The blob of the host's key, or of its certificate, which includes its names. */
  hostKeyBlob: Uint8Array
  sessionId: Uint8Array
  /** True when the session forwards the agent, false when it authenticates. */
  isForwarding: boolean
}

/** The binds of one connection. */
export interface SessionBindings {
  readonly bindings: readonly SessionBinding[]
  readonly isForwarded: boolean
  /**
   * Verifies and records one bind.
   * @param contents of the extension request, after its name
   * @throws {AgentError} SESSION_BIND_REFUSED
   * @throws {SshError} WIRE_…, KEY_…, CERTIFICATE_INVALID
   */
  bind(contents: Uint8Array): void
}

/** OpenSSH's AGENT_MAX_SID_LEN and AGENT_MAX_SESSION_IDS. */
const maxSessionIdBytes = 128
const maxBindings = 16
/** For all host keys of one connection: ten times an ordinary certificate. Many connections may hold as much. */
const maxHostKeyBytes = 64 * 1024

/** A connection that has sent no bind yet. */
export function createSessionBindings(): SessionBindings {
  const bindings: SessionBinding[] = []
  let isForwarded = false

  const record = (binding: SessionBinding): void => {
    for (const earlier of bindings) {
      if (!earlier.isForwarding) throw refused('an earlier bind was for authentication')
      if (!equalBytes(earlier.sessionId, binding.sessionId)) continue
      if (equalBytes(earlier.hostKeyBlob, binding.hostKeyBlob)) return
      throw refused('the session was bound with another host key')
    }
    if (bindings.length >= maxBindings) throw refused(`more than ${maxBindings} binds`)
    const bytes = bindings.reduce((sum, { hostKeyBlob }) => sum + hostKeyBlob.length, binding.hostKeyBlob.length)
    if (bytes > maxHostKeyBytes) throw refused(`the host keys have more than ${maxHostKeyBytes} bytes`)
    bindings.push(binding)
  }

  return {
    bindings,
    get isForwarded() {
      return isForwarded
    },
    bind(contents) {
      const wasForwarded = isForwarded
      // A client that fails to prove where it comes from counts as remote from now on (OpenSSH's session_bind_attempted).
      isForwarded = true
      const { hostKeyBlob: blobInMessage, sessionId, signature, isForwarding } = readBind(contents)
      // Copied, because decoded fields are views: the message is itself a view of a chunk, which would otherwise stay in
      // memory as long as the connection.
      const hostKeyBlob = Uint8Array.from(blobInMessage)
      if (sessionId.length > maxSessionIdBytes) throw refused(`a session id is over ${maxSessionIdBytes} bytes`)
      const hostKey = decodeHostKey(hostKeyBlob)
      if (hostKey === undefined || !isVerifiable(signature)) {
        // A local ssh to a host with a newer or an older kind of key than we know. Believing its flag gives nothing away:
        // without any bind it would count as local too (docs/PROTOCOL.md P-11).
        isForwarded = wasForwarded || isForwarding
        throw refused('the host key is of a kind that cannot be verified here')
      }
      if (!verifySignature(hostKey, sessionId, signature)) throw refused('the host key did not sign the session id')
      record({ hostKeyBlob, sessionId: Uint8Array.from(sessionId), isForwarding })
      isForwarded = wasForwarded || isForwarding
    },
  }
}

function readBind(contents: Uint8Array) {
  const reader = new SshReader(contents)
  const fields = {
    hostKeyBlob: reader.string(),
    sessionId: reader.string(),
    signature: reader.string(),
    isForwarding: reader.boolean(),
  }
  reader.end()
  return fields
}

/** The key that must have signed; undefined for a kind of key that is not known here. */
function decodeHostKey(blob: Uint8Array): PublicKey | undefined {
  try {
    const isCertificate = keyTypeOfCertificate(new SshReader(blob).text()) !== undefined
    return isCertificate ? decodeCertificate(blob).publicKey : decodePublicKey(blob)
  } catch (error) {
    if (error instanceof SshError && error.code === 'KEY_TYPE_UNKNOWN') return undefined
    throw error
  }
}

/** @throws {SshError} WIRE_… if it is not a signature blob at all */
function isVerifiable(signatureBlob: Uint8Array): boolean {
  const algorithm = signatureAlgorithmNamed(new SshReader(signatureBlob).text())
  return algorithm !== undefined && algorithm.hash !== 'sha1'
}

const refused = (reason: string) => new AgentError('SESSION_BIND_REFUSED', `session-bind refused: ${reason}`)
