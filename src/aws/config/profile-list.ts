import { isBlock } from '../files/file-sections.ts'
import { planIfValid } from '../plan/credential-plan.ts'
import { parseIamArn } from '../plan/partitions.ts'
import { type DerivedStep, mfaStepOf, type RoleStep } from '../plan/steps.ts'
import { profileNames } from './profile-lookup.ts'
import type { AwsSettings } from './settings.ts'
import type { SharedConfig } from './shared-config.ts'

/** A profile that can be asked for, as lists and the AWS tools' own configuration need it. */
export interface ListedProfile {
  name: string
  region?: string
  /** config.toml wins where both have it. */
  definedIn: 'config.toml' | 'aws-files'
  /** config.toml does not have it, and what the AWS files have is the block that latchkey writes there for a profile. */
  isBlock?: true
  /** What config.toml says that a role is assumed with. */
  source?: string
  /** Absent for a source, and where the configuration of the profile is wrong. */
  roleArn?: string
  /** Where its credentials are good; absent where its configuration is wrong, or where nothing says it. */
  partition?: string
  /** The source whose long-term key its credentials come from. */
  keyOf?: string
  /** The device whose code its credentials need. */
  mfaSerial?: string
  accountAlias?: { name: string; state: AliasState }
  color?: string
  until?: string
  /** The file of accounts that it was written from. */
  syncedFrom?: string
}

/** Whether an account has the alias that a profile says. `unverified`: AWS has not been asked yet, or may not be. */
export type AliasState = 'verified' | 'unverified' | 'wrong'

/**
 * Every profile that can be asked for, sorted by name.
 * @param aliasState what AWS has said of the alias of an account
 */
export function listProfiles(
  settings: AwsSettings,
  shared: SharedConfig,
  aliasState: (claimed: { accountId: string; alias: string }) => AliasState = () => 'unverified',
): ListedProfile[] {
  return profileNames(settings, shared).map((name) => {
    // The names come from files: `constructor` must not find what every object has.
    const own = [settings.profiles, settings.sources].find((section) => Object.hasOwn(section, name))?.[name]
    const written = shared.profiles.get(name)?.values
    const region = own?.region ?? written?.get('region')
    const {
      source,
      account_alias: alias,
      color,
      until,
      synced_from: syncedFrom,
    } = own !== undefined && 'role' in own ? own : {}
    const last = planIfValid(settings, shared, name)?.last
    const mfaSerial = last === undefined ? undefined : mfaStepOf(last)?.mfaSerial
    return {
      name,
      ...(region === undefined ? {} : { region }),
      definedIn: own === undefined ? 'aws-files' : 'config.toml',
      ...(own === undefined && isBlock(shared.profiles.get(name)!) ? { isBlock: true as const } : {}),
      ...(source === undefined ? {} : { source }),
      ...(last?.type === 'role' ? roleFields(last, alias, aliasState) : {}),
      ...(last === undefined ? {} : { ...partitionFields(last, region), keyOf: last.source }),
      ...(mfaSerial === undefined ? {} : { mfaSerial }),
      ...(color === undefined ? {} : { color }),
      ...(until === undefined ? {} : { until }),
      ...(syncedFrom === undefined ? {} : { syncedFrom }),
    }
  })
}

/** Where a plan has no partition from a role, a device or a region, it takes the one that most users are in. */
function partitionFields(last: DerivedStep, region: string | undefined): Pick<ListedProfile, 'partition'> {
  if (last.type === 'role') return { partition: parseIamArn(last.roleArn)!.partition }
  const isSaid = region !== undefined || parseIamArn(last.mfaSerial ?? '') !== undefined
  return isSaid ? { partition: last.partition } : {}
}

function roleFields(
  { roleArn, accountId }: RoleStep,
  alias: string | undefined,
  aliasState: (claimed: { accountId: string; alias: string }) => AliasState,
): Pick<ListedProfile, 'roleArn' | 'accountAlias'> {
  if (alias === undefined) return { roleArn }
  return { roleArn, accountAlias: { name: alias, state: aliasState({ accountId, alias }) } }
}
