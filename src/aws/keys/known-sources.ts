import { namesWithin } from '../../core/text/near-names.ts'
import { AwsError } from '../aws-error.ts'
import type { ProfileLink } from '../config/profile-link.ts'
import { lookUpProfile } from '../config/profile-lookup.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { findSourceSection, type SourceSection } from '../config/source-section.ts'
import { validPlans } from '../plan/credential-plan.ts'

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
  const doubt = doubtProfile(settings, shared, name)
  if (doubt !== undefined) return doubt
  const known = [...new Set([...named, ...stored])]
  const near = namesWithin(name, known, typoLetters)
  if (near.length > 0) return { reason: `no source is called ${name}; there is ${near.join(' and ')}`, instead: near }
  const keyless = named.filter((source) => !stored.includes(source))
  if (keyless.length === 0) return undefined
  return { reason: `no profile uses ${name}; sources without a key: ${keyless.join(', ')}`, instead: keyless }
}

/** A profile that has its credentials from elsewhere needs no key under its own name, not even while something in it is wrong. */
function doubtProfile(settings: AwsSettings, shared: SharedConfig, name: string): SourceDoubt | undefined {
  const path = [name]
  try {
    for (;;) {
      const next = nextOf(lookUpProfile(settings, shared, path.at(-1)!, path.at(-2)))
      if (next === undefined || path.includes(next)) break
      path.push(next)
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    // What is wrong with another one is its own affair: the key belongs under the last name that is known.
    if (path.length === 1 && error.code !== 'AWS_PROFILE_UNKNOWN') return { reason: error.message, instead: [] }
  }
  const last = path.at(-1)!
  return last === name ? undefined : { reason: usesOthersKey(name, last), instead: [last], isTaken: true }
}

/** Where a profile has its credentials from; undefined where it has a key itself. */
function nextOf(link: ProfileLink): string | undefined {
  switch (link.type) {
    case 'source':
      return undefined
    case 'alias':
      return link.target
    case 'role':
      return link.usesOwnKeys ? undefined : link.source
  }
}
