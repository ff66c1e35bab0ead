import { identityOf } from '../caller/caller.ts'
import { roleArn } from '../directory.ts'
import { createFieldReader } from '../protocol/fields.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import type { Action, ActionContext } from './action.ts'
import { authorize } from './iam-permission.ts'

/**
 * A role of the caller's account.
 * @param judge lets the call pass, or throws
 */
export const getRole =
  (judge: (context: ActionContext, arn: string, shown: string) => void): Action =>
  async (context) => {
    const { call, caller, directory } = context
    const fields = createFieldReader(call)
    const name = fields.requiredText('RoleName', { min: 1, max: 64, pattern: '[\\w+=,.@-]+' })
    fields.check()
    const arn = roleArn({ account: identityOf(caller).account, name })
    judge(context, arn, `role ${name}`)
    const role = directory.role(arn)
    if (role === undefined) throw new AwsRefusal('NoSuchEntity', `The role with name ${name} cannot be found.`)
    return {
      Role: {
        Path: '/',
        RoleName: name,
        RoleId: role.id,
        Arn: arn,
        AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(role.trustPolicy)),
        MaxSessionDuration: role.maxSessionDurationSeconds,
      },
    }
  }

/** What IAM does with roles. Roles have no policies here, so they may not even read themselves. */
export const roleActions = { GetRole: getRole(authorize) } satisfies Readonly<Record<string, Action>>
