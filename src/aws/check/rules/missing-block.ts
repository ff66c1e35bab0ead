import { credentialProcess } from '../../../core/text/aws-config-block.ts'
import { shellWord } from '../../../core/text/shell-word.ts'
import type { CheckFacts } from '../check-facts.ts'
import type { Finding, Rule } from '../finding.ts'

/** Every role of config.toml is known to the AWS tools. */
export const missingBlock: Rule = {
  name: 'missing-block',
  find(facts) {
    const roles = facts.listed.filter(({ definedIn, source }) => definedIn === 'config.toml' && source !== undefined)
    // What the daemon reads may be other files than those of the tools that are run here.
    const written = new Map(facts.profiles.map((profile) => [profile.name, profile]))
    const names = roles.map(({ name }) => name)
    const lacking = names.filter((name) => written.get(name)?.helper?.type !== 'own')
    return [
      ...absent(
        lacking.filter((name) => !written.has(name)),
        facts,
      ),
      ...other(
        lacking.filter((name) => written.has(name)),
        facts,
      ),
    ]
  },
}

function absent(names: readonly string[], { paths, missingFolder }: CheckFacts): Omit<Finding, 'rule'>[] {
  if (names.length === 0) return []
  const make = missingFolder === undefined ? '' : `mkdir -p -m 700 ${shellWord(missingFolder)} && `
  return [
    {
      severity: 'warning',
      what: `the AWS tools do not know profiles of config.toml: ${names.length}`,
      evidence: names,
      mend: `${make}latchkey aws profiles list --block >> ${shellWord(paths.config)}`,
    },
  ]
}

function other(names: readonly string[], { paths, latchkey }: CheckFacts): Omit<Finding, 'rule'>[] {
  return names.map((name) => ({
    severity: 'warning',
    what: `the AWS tools do not ask latchkey for profile ${name} of config.toml`,
    evidence: [`${paths.config} has another section for it`],
    mend: `write into its section: ${credentialProcess(name, latchkey)}`,
  }))
}
