import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import type { AssumeRoleRequest } from './sts-client.ts'

/** A request as the SDK takes it. Lists that are empty are left out: AWS takes each of them for something that was asked. */
export function assumeRoleInput(request: AssumeRoleRequest): AssumeRoleCommandInput {
  const { roleArn, sessionName, durationSeconds, externalId, terms = {}, mfa } = request
  const { tags = {}, transitiveTags = [], sourceIdentity, policy, policyArns = [] } = terms
  const tagList = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: durationSeconds,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(tagList.length === 0 ? {} : { Tags: tagList }),
    ...(transitiveTags.length === 0 ? {} : { TransitiveTagKeys: [...transitiveTags] }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
    ...(policy === undefined ? {} : { Policy: policy }),
    ...(policyArns.length === 0 ? {} : { PolicyArns: policyArns.map((arn) => ({ arn })) }),
    ...(mfa === undefined ? {} : { SerialNumber: mfa.serial, TokenCode: mfa.code.expose() }),
  }
}
