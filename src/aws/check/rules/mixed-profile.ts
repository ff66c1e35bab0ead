import type { Rule } from '../finding.ts'

/** A profile with `credential_process` says nothing else about credentials: the SDKs disagree on what counts then. */
export const mixedProfile: Rule = {
  name: 'mixed-profile',
  find: ({ profiles, paths }) =>
    profiles
      .filter(({ helper, origins }) => helper !== undefined && origins.length > 0)
      .map(({ name, origins }) => ({
        severity: 'error',
        what: `profile ${name} has credential_process and other keys for credentials, which the AWS tools read differently`,
        evidence: [`${paths.config}: ${origins.join(', ')}`],
        mend: `leave region and credential_process in its section; a role goes into config.toml, as [aws.profile.…]`,
      })),
}
