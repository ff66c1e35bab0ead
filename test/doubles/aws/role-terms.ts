import type { RoleFeature } from '../../../src/dev/aws/actions/role-feature.ts'
import type { Caller } from '../../../src/dev/aws/caller/caller.ts'
import { identityOf } from '../../../src/dev/aws/caller/caller.ts'
import { sessionNameRule } from '../../../src/dev/aws/protocol/fields.ts'
import { notAuthorized } from '../../../src/dev/aws/protocol/refusal.ts'

/**
 * All that AssumeRole may be told and a trust policy may ask for: external id, session name, source identity.
 * @param carriesMfa lets role sessions keep their MFA context, as some report that AWS does; its documentation denies it
 */
export function roleTerms(carriesMfa: boolean): RoleFeature {
  return {
    fields: ['SourceIdentity'],
    read(fields) {
      const given = fields.text('SourceIdentity', sessionNameRule)
      const roleArn = fields.text('RoleArn', { min: 0, max: Number.POSITIVE_INFINITY }) ?? ''
      const known = [
        ['sts:externalid', fields.text('ExternalId', { min: 0, max: Number.POSITIVE_INFINITY })],
        ['sts:rolesessionname', fields.text('RoleSessionName', { min: 0, max: Number.POSITIVE_INFINITY })],
      ] as const
      return (caller, codeAtMs) => {
        const sourceIdentity = effectiveSourceIdentity(given, caller, roleArn)
        const context = [...known, ['sts:sourceidentity', sourceIdentity] as const]
        return {
          actions: sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity'],
          context: context.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
          carried: { sourceIdentity, mfaAtMs: carriesMfa ? (codeAtMs ?? mfaTimeOf(caller)) : undefined },
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
