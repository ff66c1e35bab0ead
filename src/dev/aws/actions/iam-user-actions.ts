import { formatUtc } from '../../../core/time/utc-time.ts'
import { userArn } from '../directory.ts'
import type { DevUser } from '../state.ts'
import type { Action } from './action.ts'
import { ownUser } from './iam-permission.ts'

/** The calling user. */
const getUser: Action = async (context) => ({ User: describeUser(ownUser(context)) })

/** A user as IAM tells of one. */
export function describeUser(user: DevUser) {
  return {
    Path: '/',
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: formatUtc(user.createdAtMs),
  }
}

/** What IAM does with users. */
export const userActions = { GetUser: getUser } satisfies Readonly<Record<string, Action>>
