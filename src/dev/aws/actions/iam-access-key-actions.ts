import { formatUtc } from '../../../core/time/utc-time.ts'
import { identityOf, isSession } from '../caller/caller.ts'
import { userArn } from '../directory.ts'
import { newAccessKeyId, newSecretAccessKey } from '../identifiers.ts'
import { createFieldReader, type FieldReader } from '../protocol/fields.ts'
import { AwsRefusal, notAuthorized } from '../protocol/refusal.ts'
import { maxAccessKeys } from '../quotas.ts'
import type { DevAccessKey, DevUser } from '../state.ts'
import type { Action, ActionContext } from './action.ts'
import { authorize, ownUser } from './iam-permission.ts'

/**
 * How long nobody knows a new key, in ms. IAM says only that a change "can take time" (IAM user guide, "Changes that I make
 * are not always immediately visible"); the same each time, so that whoever does not wait fails each time.
 */
export const newKeyDelayMs = 1_500

/** The access keys of the calling user, without their secrets. */
const listAccessKeys: Action = async (context) => {
  const user = namedUser(context)
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

/** A new key of the calling user, with its secret, which is told once. */
const createAccessKey: Action = async (context) => {
  const { nowMs, directory } = context
  const user = ownUser(context)
  if (user.accessKeys.length >= maxAccessKeys) {
    throw new AwsRefusal('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${maxAccessKeys}`)
  }
  const key: DevAccessKey = {
    id: newAccessKeyId('AKIA', user.account),
    secret: newSecretAccessKey(),
    status: 'Active',
    createdAtMs: nowMs,
    knownAtMs: nowMs + newKeyDelayMs,
  }
  user.accessKeys.push(key)
  await directory.save()
  return {
    AccessKey: {
      UserName: user.name,
      AccessKeyId: key.id,
      Status: key.status,
      SecretAccessKey: key.secret,
      CreateDate: formatUtc(key.createdAtMs),
    },
  }
}

/** Sets the status of a key of the calling user. */
const updateAccessKey: Action = async (context) => {
  const { id, fields } = readKeyId(context)
  const status = fields.requiredText('Status', { min: 6, max: 8, pattern: '(Active|Inactive)' })
  fields.check()
  ownKey(namedUser(context), id).status = status === 'Active' ? 'Active' : 'Inactive'
  await context.directory.save()
  return {}
}

/** Deletes a key of the calling user, active or not. */
const deleteAccessKey: Action = async (context) => {
  const { id, fields } = readKeyId(context)
  fields.check()
  const user = ownUser(context)
  const key = ownKey(user, id)
  user.accessKeys = user.accessKeys.filter((other) => other !== key)
  await context.directory.save()
  return {}
}

/** When a key of the calling user was last used. A key of another user reads as one that there is not. */
const getAccessKeyLastUsed: Action = async (context) => {
  const { id, fields } = readKeyId(context)
  fields.check()
  const { caller, directory } = context
  const found = directory.accessKey(id)
  if (found === undefined || caller.type !== 'user' || found.user !== caller.user) {
    throw notAuthorized(identityOf(caller).arn, 'iam:GetAccessKeyLastUsed', `access key ${id}`)
  }
  authorize(context, userArn(found.user), `access key ${id}`)
  const { lastUse } = found.key
  return {
    UserName: found.user.name,
    AccessKeyLastUsed: {
      LastUsedDate: lastUse && formatUtc(lastUse.atMs),
      ServiceName: lastUse?.service ?? 'N/A',
      Region: lastUse?.region ?? 'N/A',
    },
  }
}

/** The user, whom temporary credentials must name (IAM API reference, ListAccessKeys and UpdateAccessKey, UserName). */
function namedUser(context: ActionContext): DevUser {
  if (isSession(context.caller) && !context.call.fields.has('UserName')) {
    throw new AwsRefusal('ValidationError', 'Must specify userName when calling with non-User credentials')
  }
  return ownUser(context)
}

function readKeyId({ call }: ActionContext): { id: string; fields: FieldReader } {
  const fields = createFieldReader(call)
  return { id: fields.requiredText('AccessKeyId', { min: 16, max: 128, pattern: '[\\w]+' }), fields }
}

function ownKey({ accessKeys }: DevUser, id: string): DevAccessKey {
  const key = accessKeys.find((candidate) => candidate.id === id)
  if (key !== undefined) return key
  throw new AwsRefusal('NoSuchEntity', `The Access Key with id ${id} cannot be found.`)
}

/** What IAM does with long-term keys. */
export const accessKeyActions = {
  CreateAccessKey: createAccessKey,
  DeleteAccessKey: deleteAccessKey,
  GetAccessKeyLastUsed: getAccessKeyLastUsed,
  ListAccessKeys: listAccessKeys,
  UpdateAccessKey: updateAccessKey,
} satisfies Readonly<Record<string, Action>>
