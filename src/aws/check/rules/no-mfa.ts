import { sectionHeader } from '../../../core/text/section-name.ts'
import { shellWord } from '../../../core/text/shell-word.ts'
import { kindOfDevice } from '../../mfa/device-kind.ts'
import type { SourceFacts, UserFacts } from '../check-facts.ts'
import type { Finding, Rule } from '../finding.ts'

/** Every source has an MFA device that its user has, and every role is behind it. */
export const noMfa: Rule = {
  name: 'no-mfa',
  find: ({ sources, users, keyed }) =>
    sources.flatMap((facts) => {
      const user = users.find(({ source }) => source === facts.source)
      return findSource(facts, keyed.has(facts.source), user?.devices) ?? []
    }),
}

function findSource(
  { source, mfaSerial, withoutMfa }: SourceFacts,
  hasKey: boolean,
  devices: UserFacts['devices'],
): Omit<Finding, 'rule'> | undefined {
  const usable =
    devices?.find((serial) => kindOfDevice(serial) === 'virtual') ??
    devices?.find((serial) => kindOfDevice(serial) !== 'security-key')
  const mend =
    usable === undefined
      ? `latchkey aws mfa enroll ${shellWord(source)}`
      : `write into ${sectionHeader('aws', 'source', source)} of config.toml: mfa_serial = "${usable}"`
  const without = withoutMfa.length === 0 ? [] : [`without a code: ${withoutMfa.join(', ')}`]
  if (mfaSerial === undefined) {
    if (!hasKey) return undefined
    const what = `${source} has no MFA device, so that its key alone is enough`
    return { severity: 'error', what, evidence: without, mend }
  }
  if (devices !== undefined && !devices.includes(mfaSerial)) {
    const has = devices.map((serial) => `the user has ${serial}`)
    return {
      severity: 'error',
      what: `the MFA device of ${source} is none of its user's`,
      evidence: [mfaSerial, ...has],
      mend,
    }
  }
  if (without.length === 0) return undefined
  return {
    severity: 'error',
    what: `roles of ${source} go without its MFA device`,
    evidence: without,
    mend: `write into the section of ${source}: mfa_serial = ${mfaSerial}`,
  }
}
