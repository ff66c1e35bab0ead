import { formatUtc } from '../../../core/time/utc-time.ts'
import { identityOf } from '../caller/caller.ts'
import { userArn } from '../directory.ts'
import { createFieldReader } from '../protocol/fields.ts'
import { AwsRefusal, notAuthorized } from '../protocol/refusal.ts'
import type { DevUser } from '../state.ts'
import type { Action, ActionContext } from './action.ts'

/** The calling user. */
export const getUser: Action = async (context) => {
  const user = self(context)
  return {
    User: {
      Path: '/',
      UserName: user.name,
      UserId: user.id,
      Arn: userArn(user),
      CreateDate: formatUtc(user.createdAtMs),
    },
  }
}

/** The devices of the calling user. */
export const listMfaDevices: Action = async (context) => {
  const user = self(context)
  return {
    IsTruncated: false,
    MFADevices: user.mfaDevices.map(({ serialNumber, enabledAtMs }) => ({
      UserName: user.name,
      SerialNumber: serialNumber,
      EnableDate: formatUtc(enabledAtMs),
    })),
  }
}

/** The access keys of the calling user, without their secrets. */
export const listAccessKeys: Action = async (context) => {
  const user = self(context)
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

/** The calling user: users may read themselves and nobody else. @throws {AwsRefusal} */
function self({ call, caller }: ActionContext): DevUser {
  const fields = createFieldReader(call)
  const name = fields.text('UserName', { min: 1, max: 128, pattern: '[\\w+=,.@-]+' })
  fields.check()
  if (caller.type === 'role' && name === undefined) {
    throw new AwsRefusal('ValidationError', 'Must specify userName when calling with non-User credentials')
  }
  if (caller.type === 'role' || (name !== undefined && name !== caller.user.name)) {
    const action = `iam:${call.action}`
    const resource = `user ${name} because no identity-based policy allows the ${action} action`
    throw notAuthorized(identityOf(caller).arn, action, resource)
  }
  return caller.user
}
