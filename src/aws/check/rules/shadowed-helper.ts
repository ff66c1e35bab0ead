import { shellWord } from '../../../core/text/shell-word.ts'
import { displayKeyId } from '../../credentials.ts'
import type { CheckFacts, FileKey } from '../check-facts.ts'
import type { Finding, Rule } from '../finding.ts'

/**
 * Nothing comes before latchkey in a profile that runs it. Keys in the credentials file do for all tools, those in the
 * config file for the SDKs for JavaScript and Go, those in the environment for all that take the profile from AWS_PROFILE.
 */
export const shadowedHelper: Rule = {
  name: 'shadowed-helper',
  find: (facts) => [...inFiles(facts), ...inEnvironment(facts)],
}

function inFiles({ profiles, paths }: CheckFacts): Omit<Finding, 'rule'>[] {
  return profiles.flatMap(({ name, keys, helper }) => {
    if (helper?.type !== 'own' || keys.length === 0) return []
    const isTemporary = keys.every((key) => key.isTemporary)
    const where = keys.some(({ file }) => file === 'credentials')
      ? 'no tool asks'
      : 'the SDKs for JavaScript and Go do not ask'
    return {
      severity: 'error' as const,
      what: `profile ${name} has keys beside its credential_process: ${where} latchkey`,
      evidence: keys.map(({ file, accessKeyId }: FileKey) => `${paths[file]}: ${displayKeyId(accessKeyId)}`),
      mend: isTemporary
        ? `take the keys out of the section of ${name}, and end the tool that writes them`
        : `latchkey aws keys import --profile ${shellWord(name)}`,
    }
  })
}

function inEnvironment({ environment: { accessKeyId, isGiven, others } }: CheckFacts): Omit<Finding, 'rule'>[] {
  // In latchkey aws exec they are what was asked for.
  const names = isGiven ? [] : [...(accessKeyId === undefined ? [] : ['AWS_ACCESS_KEY_ID']), ...others]
  if (names.length === 0) return []
  return [
    {
      severity: 'warning',
      what: 'the environment has credentials, which the AWS tools use in the place of a profile',
      evidence: names,
      mend: `unset ${[...names, ...(accessKeyId === undefined ? [] : ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])].join(' ')}`,
    },
  ]
}
