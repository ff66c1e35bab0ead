import { credentialProcess } from '../../../core/text/aws-config-block.ts'
import type { Rule } from '../finding.ts'

/** What a profile runs for its credentials is there. */
export const helperMissing: Rule = {
  name: 'helper-missing',
  find: ({ profiles, paths, programFaults, latchkey }) =>
    profiles.flatMap(({ name, helper }) => {
      const faults = (helper?.programs ?? []).flatMap((program) => programFaults.get(program) ?? [])
      if (helper === undefined || faults.length === 0) return []
      return {
        severity: 'error' as const,
        what: `profile ${name} runs what cannot be run`,
        evidence: faults.map((fault) => `${paths.config}: ${fault}`),
        mend:
          helper.type === 'own'
            ? `write into its section: ${credentialProcess(helper.profile ?? name, latchkey)}`
            : 'install that program, or take credential_process out of the profile',
      }
    }),
}
