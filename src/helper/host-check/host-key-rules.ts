import { type Finding, type HostFacts, readFault, settingOf } from './finding.ts'
import type { ProgramSaid } from './observation.ts'

/** Whether its host key is certified. */
export function hostKeyFindings(facts: HostFacts): readonly Finding[] {
  const { host } = facts
  if (host.hostCertificates.length === 0) {
    const named = settingOf(facts, 'hostcertificate')
    return named === undefined
      ? [{ type: 'note', text: 'its host key is not certified: HostCertificate is none' }]
      : [{ type: 'unseen', text: `its host certificate ${named}` }]
  }
  return host.hostCertificates.map((said) => certificateFinding(said, host.time))
}

function certificateFinding(said: ProgramSaid, time: string): Finding {
  const fault = readFault(said)
  if (fault !== undefined) return { type: 'unseen', text: `its host certificate: ${fault}` }
  const field = (name: string) =>
    said.lines
      .find((line) => line.trim().startsWith(`${name}: `))
      ?.trim()
      .slice(name.length + 2)
  const principals = namesBelow(said.lines, 'Principals:')
  const [ca, valid] = [field('Signing CA') ?? 'an unknown CA', field('Valid') ?? '']
  if (!/host certificate/.test(field('Type') ?? ''))
    return { type: 'note', text: 'its HostCertificate is none of a host' }
  const names = principals.length === 0 ? 'every name' : principals.join(', ')
  const about = `its host key is certified for ${names}, by ${ca}`
  const end = /\bto (\S+)$/.exec(valid)?.[1]
  if (end !== undefined && end !== 'forever' && time >= end)
    return { type: 'note', text: `${about}; that has ended, at ${end}` }
  return { type: 'good', text: `${about}${end === undefined || end === 'forever' ? '' : `, until ${end}`}` }
}

/** The lines that are further in than their heading. */
function namesBelow(lines: readonly string[], heading: string): string[] {
  const start = lines.findIndex((line) => line.trim() === heading)
  if (start < 0) return []
  const indent = lines[start]!.search(/\S/)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.search(/\S/) <= indent)
  return (end < 0 ? rest : rest.slice(0, end)).map((line) => line.trim())
}
