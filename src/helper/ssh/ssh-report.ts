import { displayLine } from '../../core/text/display-text.ts'
import { formatLeft } from '../time-left.ts'
import type { ExplainedOffer, SshExplanation } from './explanation.ts'

/** An explanation as a person reads it. @param nowMs the time to count down from */
export function formatSshExplanation(explanation: SshExplanation, nowMs: number): string {
  const { user, hostname, port, offers, leftOut, notices, attempt, fitting } = explanation
  return [
    `${user} at ${hostname}, port ${port}`,
    `  host: ${hostLine(explanation)}`,
    `  agent: ${agentLine(explanation)}`,
    offers.length === 0 ? 'ssh offers nothing from the agent' : 'ssh offers, in this order:',
    ...offers.flatMap((offer, index) => offerLines(offer, index + 1, fitting, nowMs)),
    ...(leftOut.length === 0 ? [] : ['left out:']),
    ...leftOut.map(({ identity, comment, why }) => `  ${identity ?? comment}: ${why}`),
    ...notices.map((notice) => `  ! ${notice}`),
    ...(attempt === undefined ? ['what a server takes, it says only when it is asked: --try'] : attemptLines(attempt)),
  ]
    .map((line) => `${indentOf(line)}${displayLine(line)}\n`)
    .join('')
}

/** displayLine takes blanks away at both ends. */
const indentOf = (line: string) => /^ */.exec(line)![0]

function hostLine({ host: { known, names } }: SshExplanation): string {
  const by = {
    key: 'its key is in known_hosts',
    certificate: 'its CA is in known_hosts',
    new: 'known_hosts does not have it',
  }[known]
  return names.length === 0 ? by : `${by}; to latchkey it is ${names.join(', ')}`
}

function agentLine({ agent }: SshExplanation): string {
  if (agent.type === 'none') return `none, because ${agent.why}`
  if (agent.type === 'other') return `another one, ${agent.path}`
  return `latchkey, ${agent.identity === undefined ? '' : `the socket of ${agent.identity}, `}${agent.path}`
}

function offerLines(offer: ExplainedOffer, place: number, fitting: number | undefined, nowMs: number): string[] {
  const { identity, comment, certificate, error, cautions } = offer
  const mark = place === fitting ? ': the first that fits' : ''
  const lines = [
    `why here: ${whyHere(offer)}`,
    ...(certificate === undefined
      ? awaitedLines(offer)
      : [
          `principals: ${certificate.principals.join(', ') || 'none'}`,
          `key id ${certificate.keyId}, serial ${certificate.serial}, by the CA ${certificate.ca} (${certificate.signedWith})`,
          `extensions: ${certificate.extensions.join(', ') || 'none'}`,
        ]),
  ]
  return [
    `${place}. ${identity ?? comment}: ${kindOf(offer, nowMs)}${mark}`,
    ...lines.map((line) => `   ${line}`),
    ...cautions.map((caution) => `   ! ${caution}`),
    ...(error === undefined
      ? []
      : [
          `   ! the last try to fetch a certificate failed: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`,
        ]),
  ]
}

function kindOf({ kind, keyType, certificate, fingerprint }: ExplainedOffer, nowMs: number): string {
  if (certificate !== undefined) {
    const { validBefore } = certificate
    const left = validBefore === undefined ? 'no limit' : formatLeft(validBefore, nowMs)
    const what = kind === 'former-certificate' ? 'the certificate before its renewal' : 'certificate'
    return `${what} (${keyType}), ${left}`
  }
  if (kind === 'key') return `key (${keyType})${fingerprint === undefined ? '' : ` ${fingerprint}`}`
  return `a certificate (${keyType}) that is fetched when it is needed`
}

function awaitedLines({ kind, askedPrincipals }: ExplainedOffer): string[] {
  if (kind === 'key') return []
  return [
    `principals: ${askedPrincipals === undefined ? 'as the role decides' : `${askedPrincipals.join(', ')} (asked for)`}`,
  ]
}

function whyHere({ hosts, fits, file, identity, staticKey, agent }: ExplainedOffer): string {
  const named = [
    ...(file === undefined ? [] : [`${file} names it`]),
    ...(agent === undefined ? [] : [`the agent ${agent} has it`]),
  ]
  const own = [staticKey, identity, agent].every((name) => name === undefined) ? 'added with ssh-add' : undefined
  const fit =
    hosts === undefined
      ? (own ?? 'it has no hosts, so it is for every host')
      : fits === undefined
        ? `nobody knows whether its hosts fit: ${hosts.join(', ')}`
        : `${fits} of its hosts fits`
  return [...named, fit].join('; ')
}

function attemptLines({ tried, meaning }: NonNullable<SshExplanation['attempt']>): string[] {
  const results = {
    accepted: 'accepted',
    refused: 'not taken',
    'not-signed': 'taken, but the agent did not sign',
    ended: 'the connection ended at it',
  } as const
  return [
    'the login:',
    ...tried.map(({ name, type, result }, index) => `  ${index + 1}. ${name} (${type}): ${results[result]}`),
    `  ${meaning}`,
  ]
}
