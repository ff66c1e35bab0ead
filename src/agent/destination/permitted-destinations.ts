import { hostCertificate, isHostCertificateUsable } from '../../ssh/host-certificate.ts'
import { matchesWildcards } from '../../ssh/known-hosts/wildcards.ts'
import { readLoginRequest } from '../../ssh/login-request.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { SessionBinding } from '../connection/session-bind.ts'
import type { ConnectionView } from '../keys/key-store.ts'
import type { ConstrainedHost, DestinationConstraint } from '../protocol/destination-constraints.ts'

/**
 * Whether a connection may know of a key with these constraints (OpenSSH's identity_permitted): each of its binds, from this
 * machine on, must be permitted; and where the last one forwards, something must be permitted beyond it.
 * @param nowMs for host certificates, in ms since the epoch
 */
export function mayKnow(constraints: readonly DestinationConstraint[], connection: ConnectionView, nowMs: number) {
  const { bindings, isForwarded } = connection
  // A bind has failed: nobody knows where the client is.
  if (bindings.length === 0) return !isForwarded
  if (!arePermitted(constraints, bindings, undefined, nowMs)) return false
  const last = bindings.at(-1)!
  return !last.isForwarding || constraints.some(({ from }) => isFrom(from, last, nowMs))
}

/**
 * Why a key with these constraints must not sign this, as the end of a sentence; undefined if it may. Only a login is signed
 * that is for the session, the host and the key of the last bind.
 * @param keyBlob the key that is to sign, as the request names it
 */
export function whyNotPermitted(
  constraints: readonly DestinationConstraint[],
  { bindings }: ConnectionView,
  { keyBlob, data }: { keyBlob: Uint8Array; data: Uint8Array },
  nowMs: number,
): string | undefined {
  const last = bindings.at(-1)
  if (last === undefined) return 'the client has not proved where it connects to'
  const login = readLoginRequest(data)
  if (login === undefined) return 'it signs logins only'
  if (!equalBytes(login.keyBlob, keyBlob)) return 'the login is with another key'
  if (last.isForwarding) return 'the client forwards, and does not log in'
  if (!arePermitted(constraints, bindings, login.user, nowMs)) return 'it is for another destination'
  if (!equalBytes(login.sessionId, last.sessionId)) return 'the login is for another session than the last bind'
  if (login.hostKeyBlob === undefined)
    return bindings.length > 1 ? 'the login does not name its host, and comes from another machine' : undefined
  return equalBytes(login.hostKeyBlob, last.hostKeyBlob)
    ? undefined
    : 'the login is for another host than the last bind'
}

/** Whether each hop of the way is permitted. @param user who logs in at its end; undefined: anybody */
function arePermitted(
  constraints: readonly DestinationConstraint[],
  bindings: readonly SessionBinding[],
  user: string | undefined,
  nowMs: number,
): boolean {
  return bindings.every((binding, index) => {
    const isLast = index === bindings.length - 1
    if (!isLast && !binding.isForwarding) return false
    const isUser = (pattern: string | undefined) =>
      !isLast || user === undefined || pattern === undefined || matchesWildcards(user, pattern)
    return constraints.some(
      ({ from, to, user: pattern }) =>
        isFrom(from, bindings[index - 1], nowMs) && isHost(to, binding, nowMs) && isUser(pattern),
    )
  })
}

/** @param binding undefined: this machine */
function isFrom(from: ConstrainedHost | undefined, binding: SessionBinding | undefined, nowMs: number): boolean {
  if (from === undefined || binding === undefined) return from === binding
  return isHost(from, binding, nowMs)
}

function isHost({ hostname, keys }: ConstrainedHost, { hostKeyBlob }: SessionBinding, nowMs: number): boolean {
  const certificate = hostCertificate(hostKeyBlob)
  if (certificate === undefined) return keys.some(({ blob, isCa }) => !isCa && equalBytes(blob, hostKeyBlob))
  const isSigned = keys.some(({ blob, isCa }) => isCa && equalBytes(blob, certificate.signatureKey.blob))
  return isSigned && isNamed(certificate.principals, hostname) && isHostCertificateUsable(certificate, nowMs)
}

/** Wildcards may stand in the certificate (sshkey_cert_check_host); one without names is for nobody (OpenSSH 10.3). */
const isNamed = (principals: readonly string[], hostname: string) =>
  principals.some((pattern) => matchesWildcards(hostname.toLowerCase(), pattern.toLowerCase()))
