import type { RoleFeature } from '../../../src/dev/aws/actions/role-feature.ts'
import type { Caller } from '../../../src/dev/aws/caller/caller.ts'
import { identityOf } from '../../../src/dev/aws/caller/caller.ts'
import { sessionNameRule } from '../../../src/dev/aws/protocol/fields.ts'
import { notAuthorized } from '../../../src/dev/aws/protocol/refusal.ts'
import { readSessionTerms } from './session-terms.ts'

/**
 * All that AssumeRole may be told and a trust policy may ask for: external id, session name, source identity,
 * tags. Policies are read, but they restrict nothing here.
 * @param carriesMfa lets role sessions keep their MFA context, as some report that AWS does; its documentation denies it
 */
export function roleTerms(carriesMfa: boolean): RoleFeature {
  return {
    fields: ['SourceIdentity', 'Tags', 'TransitiveTagKeys', 'Policy', 'PolicyArns'],
    read(fields) {
      const given = fields.text('SourceIdentity', sessionNameRule)
      const roleArn = fields.text('RoleArn', { min: 0, max: Number.POSITIVE_INFINITY }) ?? ''
      const known = [
        ['sts:externalid', fields.text('ExternalId', { min: 0, max: Number.POSITIVE_INFINITY })],
        ['sts:rolesessionname', fields.text('RoleSessionName', { min: 0, max: Number.POSITIVE_INFINITY })],
      ] as const
      const judgeSession = readSessionTerms(fields)
      return (caller, codeAtMs) => {
        const { tags, transitiveTags } = judgeSession(caller)
        const sourceIdentity = effectiveSourceIdentity(given, caller, roleArn)
        const context = [...known, ['sts:sourceidentity', sourceIdentity] as const]
        return {
          actions: [
            ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
            // Tags that come along from the calling session take the permission as well (IAM user guide, "Pass session tags").
            ...(tags.size === 0 && Object.keys(transitiveTags).length === 0 ? [] : ['sts:TagSession']),
          ],
          context: [
            ...context.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
            ...[...tags].map(([key, value]) => [`aws:requesttag/${key}`, value] as const),
          ],
          carried: {
            sourceIdentity,
            transitiveTags,
            mfaAtMs: carriesMfa ? (codeAtMs ?? mfaTimeOf(caller)) : undefined,
          },
        }
      }
    },
  }
}

/** A source identity, once set, stays through a chain of roles; another one cannot take its place. */
function effectiveSourceIdentity(given: string | undefined, caller: Caller, roleArn: string): string | undefined {
  const inherited = caller.type === 'role' ? caller.sourceIdentity : undefined
  if (inherited !== undefined && given !== undefined && inherited !== given) {
    throw notAuthorized(identityOf(caller).arn, 'sts:SetSourceIdentity', roleArn)
  }
  return inherited ?? given
}

const mfaTimeOf = (caller: Caller) => (caller.type === 'role' ? caller.mfaAtMs : caller.session?.mfaAtMs)
