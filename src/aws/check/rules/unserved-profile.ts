import { credentialProcess } from '../../../core/text/aws-config-block.ts'
import { shellWord } from '../../../core/text/shell-word.ts'
import type { CheckFacts, HelperLine, ListedFacts } from '../check-facts.ts'
import type { Rule } from '../finding.ts'

/** Each profile that runs latchkey gets credentials by it: its own, where config.toml has a profile of its name. */
export const unservedProfile: Rule = {
  name: 'unserved-profile',
  find(facts) {
    const listed = new Map(facts.listed.map((each) => [each.name, each]))
    return facts.profiles.flatMap(({ name, helper }) => {
      const fault = helper?.type === 'own' ? faultOf(name, helper, listed, facts) : undefined
      if (fault === undefined) return []
      const { what, evidence, mend } = fault
      return {
        severity: 'error' as const,
        what: `profile ${name} ${what}`,
        evidence: [`${facts.paths.config}: ${evidence}`],
        mend,
      }
    })
  },
}

interface Fault {
  what: string
  evidence: string
  mend: string
}

function faultOf(
  name: string,
  { profile: asked = name, mistake }: Extract<HelperLine, { type: 'own' }>,
  listed: ReadonlyMap<string, ListedFacts>,
  facts: CheckFacts,
): Fault | undefined {
  const { latchkey, paths } = facts
  const line = (profile: string) => `write into its section: ${credentialProcess(profile, latchkey)}`
  const isOwnName = listed.get(name)?.definedIn === 'config.toml' || !listed.has(asked)
  if (mistake !== undefined)
    return {
      what: 'runs latchkey so that it gets no credentials',
      evidence: `credential_process ${mistake}`,
      mend: line(isOwnName ? name : asked),
    }

  const evidence = `it asks for ${asked}`
  if (listed.get(name)?.definedIn === 'config.toml' && asked !== name)
    return { what: 'gets the credentials of another one', evidence: `${evidence}, not for ${name}`, mend: line(name) }

  const target = listed.get(asked)
  const takeOut = `take its section out of ${paths.config}`
  if (target === undefined) {
    const what = 'asks latchkey for a profile that does not exist'
    return { what, evidence, mend: `name one of latchkey aws profiles list in its section, or ${takeOut}` }
  }
  if (target.keyOf === undefined) {
    const mend = `latchkey aws explain ${shellWord(asked)}`
    return { what: 'asks latchkey for a profile whose configuration is wrong', evidence, mend }
  }
  if (!isEmpty(target, facts)) return undefined
  // The command takes nothing out but what latchkey has written.
  const remove = asked === name ? `latchkey aws profiles remove ${shellWord(name)}` : takeOut
  return {
    what: 'asks latchkey for a profile that has neither role nor key',
    evidence,
    mend: `latchkey aws keys add ${shellWord(asked)}; if it is of no use any more: ${remove}`,
  }
}

/** What is left in the AWS files of a profile that is gone looks like a source, but has no key. */
function isEmpty({ name, definedIn, roleArn, keyOf }: ListedFacts, { keyed, profiles }: CheckFacts): boolean {
  if (definedIn === 'config.toml' || roleArn !== undefined || keyOf !== name || keyed.has(name)) return false
  return profiles.every((each) => each.name !== name || each.keys.length === 0)
}
