import { signatureAlgorithms } from '../ssh/offers.ts'
import {
  type Finding,
  type HostFacts,
  isCut,
  listOf,
  missingFile,
  type OwnCa,
  readFault,
  settingOf,
} from './finding.ts'

const keyOf = (line: string) => /^\s*(\S+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line)
const isKey = (line: string) =>
  /^\s*(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp\d+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)\s/.test(line) &&
  keyOf(line) !== null
const isBlank = (line: string) => /^\s*(?:#|$)/.test(line)
const nameOf = ({ vault, mount, fingerprint, isSpare }: OwnCa) =>
  `${fingerprint}, ${isSpare ? 'another issuer' : 'the CA'} of ${vault}/${mount}`

/** What is against one that signs nothing now is in nobody's way yet. */
const weightOf = ({ isSpare }: OwnCa) => (isSpare ? 'note' : 'bad')

/** It joins what is in force. */
const trusting = 'run there as root what this prints: latchkey ssh cloud-init --format shell'

/** Whether the host trusts one of our CAs. */
export function caFindings(facts: HostFacts): readonly Finding[] {
  const { host, cas, unreadCas } = facts
  const file = settingOf(facts, 'trustedusercakeys')
  if (file === undefined) return [{ type: 'bad', text: 'it trusts no CA: TrustedUserCAKeys is none', hint: trusting }]
  const fault = host.ca === undefined ? 'not read' : readFault(host.ca)
  if (fault !== undefined || host.ca === undefined) {
    const what = missingFile(fault ?? '')
    return what === undefined
      ? [{ type: 'unseen', text: `which CAs it trusts: ${file}: ${fault}` }]
      : [{ type: 'bad', text: `it trusts no CA: TrustedUserCAKeys names ${file}, which ${what}`, hint: trusting }]
  }
  const { lines } = host.ca
  // sshd reads no further than the first line that it does not understand.
  const stop = lines.findIndex((line) => !isBlank(line) && !isKey(line))
  const places = cas.map((ca) => ({ ca, at: lines.findIndex((line) => isSameKey(line, ca.key)) }))
  const isRead = ({ at }: { at: number }) => at >= 0 && (stop < 0 || at < stop)
  // One that signs nothing lets nobody in; one that could not be read may be the one that it trusts.
  const mayTrust = unreadCas.length > 0 || places.some((place) => isRead(place) && !place.ca.isSpare)
  return places.flatMap((place): Finding[] => {
    const { ca, at } = place
    if (isRead(place)) return [{ type: 'good', text: `it trusts ${nameOf(ca)}` }, ...signatureFindings(facts, ca)]
    if (at < 0 && stop < 0 && isCut(host.ca!))
      return [{ type: 'unseen', text: `whether it trusts ${nameOf(ca)}: ${file} has more than 64 KiB` }]
    const has = at < 0 ? '' : `${file} has it, but `
    const hidden = stop < 0 ? '' : `: ${has}sshd stops reading ${at < 0 ? `${file} ` : ''}at line ${stop + 1}`
    const text = `it does not trust ${nameOf(ca)}${hidden}`
    return [mayTrust || ca.isSpare ? { type: 'note', text } : { type: 'bad', text, hint: trusting }]
  })
}

/** The CAs of ours that are not known now. */
export function unreadFindings({ unreadCas }: HostFacts): readonly Finding[] {
  return unreadCas.map(({ vault, mount, error: { message, hint } }) => ({
    type: 'unseen',
    text: `whether it trusts the CA of ${vault}/${mount}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  }))
}

function isSameKey(line: string, key: string): boolean {
  const [one, other] = [keyOf(line), keyOf(key)]
  return one !== null && other !== null && one[1] === other[1] && one[2] === other[2]
}

function signatureFindings(facts: HostFacts, ca: OwnCa): Finding[] {
  const taken = listOf(facts, 'casignaturealgorithms')
  const type = keyOf(ca.key)?.[1] ?? ''
  const signatures = signatureAlgorithms(type)
  if (taken === undefined || signatures.some((name) => taken.includes(name))) return []
  const text = `CASignatureAlgorithms has no ${signatures[0]}: it takes no certificate of ${nameOf(ca)}`
  return [{ type: weightOf(ca), text }]
}

/** Whether it has revoked a CA of ours, or every key. */
export function revocationFindings(facts: HostFacts): readonly Finding[] {
  const { host, cas } = facts
  const file = settingOf(facts, 'revokedkeys')
  if (file === undefined) return []
  const fault = host.revoked === undefined ? 'not read' : readFault(host.revoked)
  if (fault !== undefined || host.revoked === undefined) {
    const what = missingFile(fault ?? '')
    return what === undefined
      ? [{ type: 'unseen', text: `which keys it has revoked: ${file}: ${fault}` }]
      : [{ type: 'bad', text: `it refuses every key: RevokedKeys names ${file}, which ${what}` }]
  }
  const { lines } = host.revoked
  // PROTOCOL.krl: the file begins with this.
  if (lines[0]?.startsWith('SSHKRL') === true) {
    return [
      { type: 'unseen', text: `whether its list of revoked keys has the CA: ssh-keygen -Q -f ${file} CA.pub there` },
    ]
  }
  const rest: Finding[] = isCut(host.revoked)
    ? [{ type: 'unseen', text: `all keys that it has revoked: ${file} has more than 64 KiB` }]
    : []
  return cas
    .filter(({ key }) => lines.some((line) => isSameKey(line, key)))
    .map((ca): Finding => ({ type: weightOf(ca), text: `it has revoked ${nameOf(ca)}, in ${file}` }))
    .concat(rest)
}
