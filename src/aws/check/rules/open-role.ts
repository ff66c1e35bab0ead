import type { Rule } from '../finding.ts'

/** A role that people assume wants a code of them. */
export const openRole: Rule = {
  name: 'open-role',
  find: ({ roles }) =>
    roles
      .filter(({ open }) => open.length > 0)
      .map(({ profile, roleArn, open }) => ({
        severity: 'warning',
        what: `the role of ${profile} can be assumed without MFA`,
        evidence: [roleArn, ...open.map((principal) => `its trust policy lets ${principal} assume it without a code`)],
        mend: 'ask who owns the role for the condition {"Bool":{"aws:MultiFactorAuthPresent":"true"}} in its trust policy',
      })),
}
