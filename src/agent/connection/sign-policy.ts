import { displayLine } from '../../core/text/display-text.ts'
import { readLoginRequest } from '../../ssh/login-request.ts'
import { readOr } from '../../ssh/read-or.ts'
import { SshReader } from '../../ssh/wire.ts'

/** What a signature is for, told apart by the data alone. */
export type SignPurpose =
  /** ssh logs in (RFC 4252 §7; OpenSSH's PROTOCOL §3.1 for the host-bound form). */
  | { type: 'login'; user: string }
  /** A file, a commit, anything with a namespace (PROTOCOL.sshsig). */
  | { type: 'sshsig'; namespace: string }
  /** sudo asks for proof of who is there (pam_ssh_agent_auth). */
  | { type: 'sudo' }
  /** Certificates, host keys, `ssh-add -T`, and whatever else there is. */
  | { type: 'other' }

/** SSH2_MSG_USERAUTH_TRUST_REQUEST and PAM_SSH_AGENT_AUTH_REQUESTv1 of pam_ssh_agent_auth 0.10.3. */
const trustRequest = 54
const trustRequestV1 = 101
const sshsigMagic = Buffer.from('SSHSIG')

/** Looks at all of the data: a form with anything missing, or anything behind it, is something else. */
export function signPurpose(data: Uint8Array): SignPurpose {
  const login = readLoginRequest(data)
  if (login !== undefined) return { type: 'login', user: login.user }
  if (hasForm(data, readSudo)) return { type: 'sudo' }
  const namespace = sshsigNamespace(data)
  return namespace === undefined ? { type: 'other' } : { type: 'sshsig', namespace }
}

/**
 * Whether one of the uses in the setting `sign` is this one: `login`, `sudo`, `other`, `sshsig:*` or `sshsig:` and a namespace.
 */
export function isPermitted(uses: readonly string[], purpose: SignPurpose): boolean {
  if (purpose.type !== 'sshsig') return uses.includes(purpose.type)
  return uses.includes('sshsig:*') || uses.includes(`sshsig:${purpose.namespace}`)
}

/** As the setting names it; a client has chosen the namespace. */
export function describePurpose(purpose: SignPurpose): string {
  return purpose.type === 'sshsig' ? `sshsig:${displayLine(purpose.namespace).slice(0, 40)}` : purpose.type
}

/** What is wrong with one of the uses in the setting, as the end of a sentence; undefined if nothing is. */
export function signUseMistake(use: string): string | undefined {
  return /^(login|sudo|other|sshsig:(\*|[^*\s]+))$/.test(use)
    ? undefined
    : 'not a use: write "login", "sudo", "other", "sshsig:*", or "sshsig:git" for one namespace'
}

/** @param read reads the whole form, and says whether it is one */
function hasForm(data: Uint8Array, read: (reader: SshReader) => boolean): boolean {
  return readOr(false, () => {
    const reader = new SshReader(data)
    if (!read(reader)) return false
    reader.end()
    return true
  })
}

function readSudo(reader: SshReader): boolean {
  // What is asked for stands in the place of a session id.
  if (new SshReader(reader.string()).uint32() !== trustRequestV1 || reader.byte() !== trustRequest) return false
  reader.string() // user name
  if (reader.text() !== 'pam_ssh_agent_auth' || reader.text() !== 'publickey' || !reader.boolean()) return false
  reader.string() // algorithm
  reader.string() // key
  return true
}

function sshsigNamespace(data: Uint8Array): string | undefined {
  let namespace = ''
  const isSshsig = hasForm(data, (reader) => {
    if (!sshsigMagic.every((byte) => reader.byte() === byte)) return false
    namespace = reader.text()
    reader.string() // reserved
    reader.string() // hash algorithm
    reader.string() // hash of the message
    return namespace !== ''
  })
  return isSshsig ? namespace : undefined
}
