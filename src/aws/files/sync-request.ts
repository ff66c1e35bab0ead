import { partitionNames } from '../plan/partitions.ts'

/** What makes profiles of accounts, as a person says it. */
export interface SyncWish {
  /** With their paths. */
  roles: readonly string[]
  partition: string | undefined
}

/** IAM User Guide, "IAM and AWS STS quotas" and "Friendly names and paths". */
const roleName = /^(?!arn:)(?:[!-.0-~]+\/)*[\w+=,.@-]{1,64}$/
const maxPathLength = 512

/** What is wrong with it, whatever the list will be; undefined where nothing is. */
export function syncMistake({ roles, partition }: SyncWish): string | undefined {
  if (roles.length === 0) return 'say which role to assume in each account: --role NAME'
  const odd = roles.find((role) => !roleName.test(role) || role.length > maxPathLength)
  if (odd !== undefined) return `--role ${JSON.stringify(odd)} is not the name of a role, such as Dev or team/Dev`
  const twins = roles.filter((role) => roles.some((other) => other !== role && ownName(other) === ownName(role)))
  if (twins.length > 0)
    return `profiles are named after the last part of a role, which is the same in ${twins.join(', ')}`
  if (partition !== undefined && !partitionNames.includes(partition))
    return `--partition ${partition} is none of ${partitionNames.join(', ')}`
  return undefined
}

/** The name of a role without its path. */
export function ownName(role: string): string {
  return role.slice(role.lastIndexOf('/') + 1)
}
