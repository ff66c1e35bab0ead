import { ownEndpoint } from '../../aws/config/endpoint-settings.ts'
import { termsOf } from '../../aws/config/settings.ts'
import { termMistake } from '../../aws/plan/role-terms.ts'
import { endpointMistake } from '../../aws/plan/sts-endpoint.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import { fitsEveryHost } from '../../ssh/known-hosts/pattern-list.ts'
import { hasPort, isReadableOnItsWay } from '../../vault/address.ts'
import type { VaultVariables } from '../../vault/environment.ts'
import { type Mistake, unknownName } from './schema-mistakes.ts'
import { type Section, type Sections, sectionKey, sectionPath, sectionsOf, type Written } from './sections.ts'

/** What config.toml leaves to the environment. */
export interface ConfigDefaults extends VaultVariables {
  /** The profiles of the AWS files, where a profile names one as its source. */
  awsProfiles?: ReadonlySet<string>
}

/** All sections of a configuration, including those that are in the file but switched off. */
export interface SectionsAround {
  sections: Sections
  /** The keys of the sections that are switched off. */
  off: ReadonlySet<string>
  /** The names of all sections in the file, whether they are switched off or not. */
  names: Readonly<Record<NamedKind, ReadonlySet<string>>>
  defaults: ConfigDefaults
}

type NamedKind = 'vault' | 'source' | 'profile' | 'upstream'

/** Adds the names of all sections. */
export function sectionsAround(sections: Sections, off: ReadonlySet<string>, defaults: ConfigDefaults): SectionsAround {
  const namesOf = (kind: NamedKind): ReadonlySet<string> => {
    const prefix = sectionKey({ kind, name: '' })
    const names = [...off].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
    return new Set([...sectionsOf(sections, kind).map(({ name }) => name), ...names])
  }
  const names = {
    vault: namesOf('vault'),
    source: namesOf('source'),
    profile: namesOf('profile'),
    upstream: namesOf('upstream'),
  }
  return { sections, off, names, defaults }
}

/** What is wrong with a section in view of the others; undefined if it can be used. */
export function faultBeside(section: Section, around: SectionsAround): Mistake | undefined {
  const at = (reason: string, ...key: readonly string[]): Mistake => ({
    path: [...sectionPath(section), ...key],
    reason,
  })
  switch (section.kind) {
    case 'vault': {
      const { client_cert_file: cert, client_key_file: key, srv_lookup: isSrv } = section.written
      const address = section.written.address ?? around.defaults.address?.value
      if (address === undefined) return at('no address: set address, or VAULT_ADDR for the daemon')
      if (isSrv === true && hasPort(address)) return at('needs an address without a port', 'srv_lookup')
      if (cert !== undefined && key === undefined) return at('needs client_key_file as well', 'client_cert_file')
      if (key !== undefined && cert === undefined) return at('needs client_cert_file as well', 'client_key_file')
      return undefined
    }
    case 'identity': {
      const { forward, forwarding } = section.written
      if (forward !== undefined && forwarding !== undefined)
        return at('is the former name of forward: leave it out', 'forwarding')
      const { upstream_key: upstreamKey, key_type: keyType, list_key: listKey } = section.written
      if (upstreamKey !== undefined && around.names.upstream.size === 0)
        return at('there is no [ssh.upstream.…] section for the agent that has it', 'upstream_key')
      if (upstreamKey !== undefined && keyType !== undefined)
        return at('no key is made beside upstream_key: leave it out', 'key_type')
      if (upstreamKey !== undefined && listKey !== undefined)
        return at('the other agent lists its key itself: leave it out', 'list_key')
      return faultOfVault(section, around)
    }
    case 'hostCa': {
      const { hosts, every_host: everyHost } = section.written
      if (everyHost !== true && hosts.some(fitsEveryHost))
        return at('fits every host: name your domain, such as "*.example.com", or set every_host = true', 'hosts')
      const fault = faultOfVault(section, around)
      if (fault !== undefined) return fault
      const vault = vaultOf(section, around)!
      // An attacker on the way could say which hosts are to be trusted.
      return isInClear(vault, around) ? at(`its vault "${vault}" is not reached by https`, 'vault') : undefined
    }
    case 'profile': {
      const { source, account, role, mode } = section.written
      const { source: sources, profile: profiles } = around.names
      if (sources.has(section.name)) return at('a source has the same name')
      const { awsProfiles = new Set<string>() } = around.defaults
      const isElsewhere = namesOther(section, around.names) && awsProfiles.has(source)
      if (namesOther(section, around.names) && !isElsewhere) {
        const known = [...new Set([...sources, ...profiles, ...awsProfiles])].filter((name) => name !== section.name)
        return at(unknownName(`source or profile "${source}"`, source, known), 'source')
      }
      if (account === undefined && !role.startsWith('arn:'))
        return at('needs account as well, or write the whole role ARN', 'role')
      if (mode === 'direct' && profiles.has(source))
        return at(`needs a source with a long-term key, and ${source} is a profile`, 'mode')
      const inEndpoint = mistakeOfEndpoint(section.written)
      if (inEndpoint !== undefined) return at(inEndpoint, 'endpoint_url')
      const mistake = termMistake(termsOf(section.written))
      if (mistake !== undefined)
        return at(mistake.says, mistake.field, ...(mistake.key === undefined ? [] : [mistake.key]))
      const kind = sources.has(source) ? 'source' : 'profile'
      return isOff(kind, source, around) ? at(`its ${kind} "${source}" is switched off`, 'source') : undefined
    }
    case 'keychain': {
      const { file, store } = section.written
      return file !== undefined && store !== 'file' ? at('needs store = "file"', 'file') : undefined
    }
    case 'source': {
      const inEndpoint = mistakeOfEndpoint(section.written)
      return inEndpoint === undefined ? undefined : at(inEndpoint, 'endpoint_url')
    }
    case 'upstream': {
      const taken = takenBefore(section, around)
      return taken && at(`${sectionHeader('ssh', 'upstream', taken.name)} takes "${taken.kind}" already`, 'adds')
    }
    case 'ssh':
    case 'addedKey':
    case 'console':
    case 'prompt':
    case 'log':
      return undefined
  }
}

/** Whether the source of a profile is in no section of this file. */
export function namesOther({ written: { source } }: Section<'profile'>, names: SectionsAround['names']): boolean {
  return !names.source.has(source) && !names.profile.has(source)
}

function mistakeOfEndpoint(written: Written<'source'> | Written<'profile'>): string | undefined {
  const endpoint = ownEndpoint(written)
  return endpoint === undefined ? undefined : endpointMistake(endpoint)
}

/** A kind of key that another agent takes whose section comes before this one. */
function takenBefore(section: Section<'upstream'>, { sections }: SectionsAround) {
  const all = sectionsOf(sections, 'upstream')
  const before = all.slice(0, all.indexOf(section))
  const taken = before.flatMap(({ name, written }) => (written.adds ?? []).map((kind) => ({ name, kind })))
  return taken.find(({ kind }) => section.written.adds?.includes(kind))
}

/** What is wrong with the vault of a section, by itself. */
function faultOfVault(section: Section<'identity' | 'hostCa'>, around: SectionsAround): Mistake | undefined {
  const vault = vaultOf(section, around)
  const names = [...around.names.vault]
  const at = (reason: string, ...key: readonly string[]) => ({ path: [...sectionPath(section), ...key], reason })
  if (vault === undefined)
    return at(names.length === 0 ? 'there is no [vault.…] section' : `say which vault: ${names.join(', ')}`)
  if (!around.names.vault.has(vault)) return at(unknownName(`vault "${vault}"`, vault, names), 'vault')
  return isOff('vault', vault, around) ? at(`its vault "${vault}" is switched off`, 'vault') : undefined
}

/** Whether what a vault answers can be changed on its way. */
function isInClear(vault: string, { sections, defaults }: SectionsAround): boolean {
  const found = sectionsOf(sections, 'vault').find(({ name }) => name === vault)
  const address = found?.written.address ?? defaults.address?.value
  return address !== undefined && isReadableOnItsWay(address)
}

/** The vault of an identity or a CA: the one that it names, else the only one in the file. */
export function vaultOf({ written }: Section<'identity' | 'hostCa'>, { names }: SectionsAround): string | undefined {
  const [only] = names.vault
  return written.vault ?? (names.vault.size === 1 ? only : undefined)
}

function isOff(kind: NamedKind, name: string, { off }: SectionsAround): boolean {
  return off.has(sectionKey({ kind, name }))
}
