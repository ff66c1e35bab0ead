import { displayLine } from '../../core/text/display-text.ts'
import { AwsError } from '../aws-error.ts'
import { invalid, type RoleLink, type SourceLink } from '../config/profile-link.ts'
import { lookUpProfile } from '../config/profile-lookup.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { fieldMistake, sessionDuration } from './field-rules.ts'
import { chainMistake, type TermMistake, termMistake } from './role-terms.ts'
import { endpointMistake, type StsEndpoint } from './sts-endpoint.ts'

/** The profiles that lie between the one that was asked for and a long-term key, each of them valid by itself. */
export interface ProfileChain {
  /** In the order in which they are assumed. */
  roles: readonly RoleLink[]
  source: SourceLink
  /** That of the profile that was asked for, which counts for all of the way, as for the AWS CLI and the SDKs. */
  endpoint: StsEndpoint | undefined
  /** From the profile that was asked for down to the source. */
  regions: readonly (string | undefined)[]
  /** The names of all of them, the one that was asked for first. */
  path: readonly string[]
}

/**
 * Follows the names from profile to profile until one has a long-term key.
 * @throws {AwsError} AWS_PROFILE_UNKNOWN, AWS_PROFILE_INVALID, AWS_PROFILE_UNSUPPORTED, AWS_PROFILE_CYCLE
 */
export function followProfiles(settings: AwsSettings, shared: SharedConfig, profile: string): ProfileChain {
  const roles: RoleLink[] = []
  const regions: (string | undefined)[] = []
  const path: string[] = []
  let endpoint: StsEndpoint | undefined
  let isAlias = true
  let name = profile
  for (;;) {
    if (path.includes(name)) {
      throw new AwsError('AWS_PROFILE_CYCLE', `AWS profiles form a circle: ${[...path, name].join(' → ')}`, {
        hint: 'make the last of them name a source that has a long-term key',
      })
    }
    const link = lookUpProfile(settings, shared, name, path.at(-1))
    path.push(name)
    checkField(name, 'region', 'region', link.region)
    regions.push(link.region)
    // What an alias runs would be latchkey for the next profile, with that one's settings.
    if (isAlias) endpoint ??= checkedEndpoint(name, link.endpoint)
    isAlias &&= link.type === 'alias'
    switch (link.type) {
      case 'source':
        return whole({ roles, source: link, endpoint, regions, path })
      case 'alias':
        name = link.target
        break
      case 'role':
        checkField(name, 'externalId', 'external_id', link.externalId)
        checkField(name, 'sessionName', 'the session name', link.sessionName)
        refuseTerms(name, termMistake(link.terms))
        roles.unshift(link)
        if (link.usesOwnKeys) return whole({ roles, source: ownKeyOf(link), endpoint, regions, path })
        name = link.source
        break
    }
  }
}

function checkedEndpoint(profile: string, endpoint: StsEndpoint | undefined): StsEndpoint | undefined {
  const mistake = endpoint === undefined ? undefined : endpointMistake(endpoint)
  if (mistake !== undefined) throw invalid(profile, `endpoint_url: ${mistake}`)
  return endpoint
}

/** A chain whose roles can follow one another. */
function whole(chain: ProfileChain): ProfileChain {
  chain.roles.forEach(({ name, terms, isDirect }, index) => {
    if (isDirect && index > 0) {
      const before = chain.roles[index - 1]!.name
      throw invalid(name, `mode = "direct" needs a source with a long-term key, and ${before} is a role`)
    }
    refuseTerms(
      name,
      chainMistake(
        terms,
        chain.roles.slice(0, index).map((role) => role.terms),
      ),
    )
  })
  return chain
}

function refuseTerms(profile: string, mistake: TermMistake | undefined): void {
  if (mistake === undefined) return
  const { field, key, says } = mistake
  throw invalid(profile, `${key === undefined ? field : `${field}.${displayLine(key)}`}: ${says}`)
}

/** A profile as its own source. */
function ownKeyOf({ name, region }: RoleLink): SourceLink {
  return { type: 'source', name, region, sessionSeconds: sessionDuration.default }
}

/**
 * Checks a value that goes to STS, where there is one.
 * @param field what the files call it
 * @throws {AwsError} AWS_PROFILE_INVALID
 */
export function checkField(
  profile: string,
  rule: Parameters<typeof fieldMistake>[0],
  field: string,
  value: string | undefined,
): void {
  const mistake = value === undefined ? undefined : fieldMistake(rule, value)
  if (mistake !== undefined) throw invalid(profile, `${field} is ${mistake}`)
}
