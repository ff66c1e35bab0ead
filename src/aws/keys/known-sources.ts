import { namesWithin } from '../../core/text/near-names.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { findSourceSection, type SourceSection } from '../config/source-section.ts'
import { planIfValid, validPlans } from '../plan/credential-plan.ts'

/** How far a name may be from the one that was meant, in letters. */
const typoLetters = 2

/** Why a name is probably not the one that a long-term key belongs under. */
export interface SourceDoubt {
  reason: string
  /** What was probably meant. */
  instead: readonly string[]
  /** No key is stored under it, whatever is meant. */
  isTaken?: true
}

/** What is known of a name that a key is to be, or is, under. */
export interface SourceStanding {
  section?: SourceSection
  doubt?: SourceDoubt
}

/** What the files say of a source, and what speaks against its name. @param stored the sources that have a key */
export function standingOf(
  settings: AwsSettings,
  shared: SharedConfig,
  stored: readonly string[],
  name: string,
): SourceStanding {
  const section = findSourceSection(settings, shared, name)
  const doubt = doubtSource(settings, shared, stored, name)
  return { ...(section === undefined ? {} : { section }), ...(doubt === undefined ? {} : { doubt }) }
}

/** Why a name is no name of a source: it is that of a profile whose credentials come from another one's key. */
export const usesOthersKey = (name: string, source: string): string =>
  `${name} is a profile that uses the key of ${source}`

/** The sources that profiles get their credentials from, and those of config.toml. An empty profile is not counted. */
export function namedSources(settings: AwsSettings, shared: SharedConfig): string[] {
  const used = validPlans(settings, shared)
    .filter(({ profile, last }) => profile !== last.source || last.type === 'role')
    .map(({ last }) => last.source)
  return [...new Set([...Object.keys(settings.sources), ...used])].sort()
}

/**
 * Looks at a name before a key is asked for: nothing finds a key that is stored under a wrong one.
 * @param stored the sources that have a key
 * @returns undefined where nothing speaks against the name
 */
export function doubtSource(
  settings: AwsSettings,
  shared: SharedConfig,
  stored: readonly string[],
  name: string,
): SourceDoubt | undefined {
  const named = namedSources(settings, shared)
  if (named.includes(name) || stored.includes(name)) return undefined
  const plan = planIfValid(settings, shared, name)
  if (plan !== undefined && plan.last.source !== name) {
    return { reason: usesOthersKey(name, plan.last.source), instead: [plan.last.source], isTaken: true }
  }
  const known = [...new Set([...named, ...stored])]
  const near = namesWithin(name, known, typoLetters)
  if (near.length > 0) return { reason: `no source is called ${name}; there is ${near.join(' and ')}`, instead: near }
  const keyless = named.filter((source) => !stored.includes(source))
  if (keyless.length === 0) return undefined
  return { reason: `no profile uses ${name}; sources without a key: ${keyless.join(', ')}`, instead: keyless }
}
