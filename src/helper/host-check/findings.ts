import { caFindings, revocationFindings, unreadFindings } from './ca-rules.ts'
import type { Finding, HostFacts, OwnFacts } from './finding.ts'
import { hostKeyFindings } from './host-key-rules.ts'
import { type HostObservation, sshdSettings } from './observation.ts'
import { accessFindings, principalFindings } from './user-rules.ts'

/** What is good and bad about a host, and what could not be seen there. */
export function findingsOf(host: HostObservation, own: OwnFacts): readonly Finding[] {
  const { sshd } = host
  if (sshd.status !== 0) {
    const why = sshd.lines.filter((line) => line !== '').at(-1) ?? `status ${sshd.status}`
    const what =
      why.startsWith('sudo:') || sshd.lines.some((line) => /sudo/.test(line))
        ? `${host.user} may not use sudo there`
        : 'sshd does not say it'
    return [
      { type: 'unseen', text: `what sshd has in force: ${what}: ${why}` },
      {
        type: 'unseen',
        text: 'which CAs and principals it takes, what it refuses, and whether its host key is certified',
      },
    ]
  }
  const facts: HostFacts = { host, settings: sshdSettings(sshd), ...own }
  return [caFindings, unreadFindings, revocationFindings, principalFindings, accessFindings, hostKeyFindings].flatMap(
    (rule) => rule(facts),
  )
}
