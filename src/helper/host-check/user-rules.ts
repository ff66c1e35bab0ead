import { matchesWildcards } from '../../ssh/known-hosts/wildcards.ts'
import { certificateAlgorithms } from '../ssh/offers.ts'
import { type Finding, type HostFacts, listOf, missingFile, readFault, settingOf } from './finding.ts'

/** For which principals the host lets the user in, and whether an identity of ours has one. */
export function principalFindings(facts: HostFacts): readonly Finding[] {
  const { host, identities } = facts
  const file = settingOf(facts, 'authorizedprincipalsfile')
  const command = settingOf(facts, 'authorizedprincipalscommand')
  const asked: Finding[] =
    command === undefined ? [] : [{ type: 'unseen', text: `which principals ${command} gives ${host.user}` }]
  if (file === undefined && command !== undefined) return asked
  const fault = file === undefined || host.principals === undefined ? undefined : readFault(host.principals)
  if (fault !== undefined) {
    const isMissing = missingFile(fault) !== undefined
    const text = isMissing
      ? `it takes no principal for ${host.user}: ${file} is AuthorizedPrincipalsFile, and there is none for that user`
      : `which principals it takes for ${host.user}: ${file}: ${fault}`
    return [{ type: isMissing && command === undefined ? 'bad' : 'unseen', text }, ...asked]
  }
  const names = file === undefined ? [host.user] : principalsIn(host.principals?.lines ?? [])
  if (names.length === 0)
    return [
      {
        type: command === undefined ? 'bad' : 'note',
        text: `it takes no principal for ${host.user}: ${file} has none`,
      },
      ...asked,
    ]
  const why = file === undefined ? 'the login name' : `by ${file}`
  const taken: Finding = { type: 'good', text: `for ${host.user} it takes the principal ${names.join(', ')} (${why})` }
  const known = identities.filter(({ principals }) => principals.length > 0)
  const fitting = known.filter(({ principals }) => principals.some((name) => names.includes(name)))
  if (fitting.length > 0)
    return [taken, { type: 'good', text: `that is one of ${fitting.map(({ name }) => name).join(', ')}` }, ...asked]
  if (known.length === 0 || known.length < identities.length || command !== undefined) return [taken, ...asked]
  const others = known.map(({ name, principals }) => `${name} is for ${principals.join(', ')}`)
  return [taken, { type: 'bad', text: `no identity has such a principal: ${others.join('; ')}` }]
}

/**
 * The last word of each line: options may stand before it (sshd_config(5), AuthorizedPrincipalsFile). What follows `#` is a comment,
 * wherever it stands (auth_process_principals of OpenSSH).
 */
function principalsIn(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/#.*/, '').trim()).flatMap((line) => line.split(/\s+/).at(-1) || [])
}

/** What keeps the user, or keys, from logging in at all. */
export function accessFindings(facts: HostFacts): readonly Finding[] {
  return [...methodFindings(facts), ...keyTypeFindings(facts), ...accountFindings(facts)]
}

function methodFindings(facts: HostFacts): Finding[] {
  if (settingOf(facts, 'pubkeyauthentication') === 'no')
    return [{ type: 'bad', text: 'it takes no keys: PubkeyAuthentication is no' }]
  const methods = settingOf(facts, 'authenticationmethods')
  if (methods === undefined || methods === 'any' || methods.split(' ').includes('publickey')) return []
  return [{ type: 'bad', text: `a key alone is not enough: AuthenticationMethods is ${methods}` }]
}

function keyTypeFindings(facts: HostFacts): Finding[] {
  const accepted = listOf(facts, 'pubkeyacceptedalgorithms') ?? listOf(facts, 'pubkeyacceptedkeytypes')
  if (accepted === undefined) return []
  const refused = facts.identities.filter(
    ({ keyType }) => !certificateAlgorithms(keyType).some((name) => accepted.includes(name)),
  )
  return refused.map(({ name, keyType }) => ({
    type: 'bad',
    text: `PubkeyAcceptedAlgorithms has no certificates of ${keyType}: it does not take ${name}`,
  }))
}

function accountFindings(facts: HostFacts): Finding[] {
  const { host, settings } = facts
  const { user, groups } = host
  const values = (name: string) => settings.get(name) ?? []
  const has = (name: string, words: readonly string[]) =>
    values(name).some((pattern) => words.some((word) => matches(word, pattern)))
  const found: string[] = []
  if (has('denyusers', [user])) found.push(`DenyUsers has ${user}`)
  if (has('denygroups', groups)) found.push(`DenyGroups has a group of ${user}`)
  if (values('allowusers').length > 0 && !has('allowusers', [user])) found.push(`AllowUsers does not have ${user}`)
  if (values('allowgroups').length > 0 && !has('allowgroups', groups)) found.push(`AllowGroups has no group of ${user}`)
  if (user === 'root' && settingOf(facts, 'permitrootlogin') === 'no') found.push('PermitRootLogin is no')
  return found.map((text) => ({ type: 'bad', text: `it does not let ${user} in: ${text}` }))
}

/** By the pattern of a user or group; what stands behind an at sign is about addresses, and counts as fitting. */
function matches(word: string, pattern: string): boolean {
  return matchesWildcards(word, pattern.split('@')[0]!)
}
