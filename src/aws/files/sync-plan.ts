import { AwsError } from '../aws-error.ts'
import type { ListedProfile } from '../config/profile-list.ts'
import { profileNameFrom } from '../links/profile-name.ts'
import type { ListedAccount } from './account-list.ts'
import type { SectionState } from './file-sections.ts'
import { isName, type NewProfile, newProfile, roleOfArn } from './new-profile.ts'
import { ownName } from './sync-request.ts'

/** What makes profiles of accounts. */
export interface SyncRequest {
  accounts: readonly ListedAccount[]
  /** The same in each account. */
  roles: readonly string[]
  partition: string
  source: string | undefined
  /** The path of the list: what was written from it, and nothing else, may be taken away. */
  from: string
}

/** A profile that is there already. */
export interface PresentProfile extends ListedProfile {
  /** What the AWS tools have for it. */
  awsFiles: SectionState
}

/** What a sync would do. */
export interface SyncPlan {
  added: readonly NewProfile[]
  /** By name; one that has changed is both. */
  removed: readonly string[]
  /** Profiles that are there, without the block that the AWS tools need: a command was killed. */
  blockless: readonly NewProfile[]
  /** The names of those that are there as the list wants them, because it wrote them. */
  present: readonly string[]
  /** Profiles that are somebody's own, with what the list would have in their place. */
  kept: readonly NewProfile[]
}

/** So many have room in the files that the daemon reads. */
const maxProfiles = 2_000

/**
 * Compares a list of accounts with the profiles that there are.
 * @throws {AwsError} AWS_LIST_INVALID: two of its accounts would have one name; too many; AWS_PROFILE_INVALID
 */
export function planSync(request: SyncRequest, known: readonly PresentProfile[]): SyncPlan {
  const { accounts, roles, from } = request
  if (accounts.length * roles.length > maxProfiles)
    throw invalid(`${accounts.length} accounts with ${roles.length} roles are more than ${maxProfiles} profiles`)
  const wanted = new Map<string, NewProfile>()
  for (const account of accounts) {
    for (const role of roles) {
      const profile = profileFor(account, role, request, known)
      const other = wanted.get(profile.name)
      if (other !== undefined)
        throw invalid(`${other.roleArn} and ${profile.roleArn} would both be profile ${profile.name}`)
      wanted.set(profile.name, profile)
    }
  }
  // A block without a profile is left by a command that was killed.
  const present = new Map(known.filter(({ isBlock }) => !isBlock).map((each) => [each.name, each]))
  const isOwn = (name: string) => present.get(name)?.syncedFrom === from
  const isDone = ({ name, roleArn, source }: NewProfile) =>
    present.get(name)?.roleArn === roleArn && present.get(name)?.source === source
  const done = [...wanted.values()].filter((profile) => isDone(profile) && isOwn(profile.name))
  const left = [...wanted.values()].filter((profile) => !isDone(profile))
  const removed = known.filter(({ name }) => isOwn(name) && (!wanted.has(name) || !isDone(wanted.get(name)!)))
  return {
    added: left.filter(({ name }) => !present.has(name) || isOwn(name)),
    blockless: done.filter(({ name }) => present.get(name)?.awsFiles === 'absent'),
    present: done.map(({ name }) => name),
    removed: removed.map(({ name }) => name),
    kept: left.filter(({ name }) => present.has(name) && !isOwn(name)),
  }
}

function profileFor(account: ListedAccount, role: string, request: SyncRequest, known: readonly ListedProfile[]) {
  const { partition, roles, source, from } = request
  const wanted = roleOfArn(`arn:${partition}:iam::${account.id}:role/${role}`)
  const name = profileNameFrom(account.name)
  // Every tool takes the profile `default` that is told none: it is nobody's by chance. Some names no tool can read.
  const isPlain = roles.length === 1 && name !== 'default' && isName(name)
  const suffix = isPlain ? '' : `-${ownName(role)}`
  const profile = newProfile(wanted, { name: `${name}${suffix}`, source }, known)
  return { ...profile, fields: { ...profile.fields, synced_from: from } }
}

function invalid(reason: string): AwsError {
  return new AwsError('AWS_LIST_INVALID', reason, { hint: 'rename one of the accounts, or sync fewer of them' })
}
