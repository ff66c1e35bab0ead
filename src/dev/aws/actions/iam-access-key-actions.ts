import { formatUtc } from '../../../core/time/utc-time.ts'
import type { Action } from './action.ts'
import { ownUser } from './iam-permission.ts'

/** The access keys of the calling user, without their secrets. */
const listAccessKeys: Action = async (context) => {
  const user = ownUser(context)
  return {
    IsTruncated: false,
    AccessKeyMetadata: user.accessKeys.map(({ id, status, createdAtMs }) => ({
      UserName: user.name,
      AccessKeyId: id,
      Status: status,
      CreateDate: formatUtc(createdAtMs),
    })),
  }
}

/** What IAM does with long-term keys. */
export const accessKeyActions = { ListAccessKeys: listAccessKeys } satisfies Readonly<Record<string, Action>>
