import type { CheckFacts } from './check-facts.ts'
import type { Finding, Rule } from './finding.ts'
import { environmentKey } from './rules/environment-key.ts'
import { helperMissing } from './rules/helper-missing.ts'
import { missingBlock } from './rules/missing-block.ts'
import { mixedProfile } from './rules/mixed-profile.ts'
import { noMfa } from './rules/no-mfa.ts'
import { oldKey } from './rules/old-key.ts'
import { openRole } from './rules/open-role.ts'
import { plaintextKey } from './rules/plaintext-key.ts'
import { refusedFile } from './rules/refused-file.ts'
import { severalUsers } from './rules/several-users.ts'
import { shadowedHelper } from './rules/shadowed-helper.ts'
import { unservedProfile } from './rules/unserved-profile.ts'

/** What is looked for, in the order in which it is shown. */
const rules: readonly Rule[] = [
  plaintextKey,
  environmentKey,
  refusedFile,
  shadowedHelper,
  mixedProfile,
  helperMissing,
  unservedProfile,
  missingBlock,
  noMfa,
  oldKey,
  severalUsers,
  openRole,
]

/** What is not as the rules want it. It asks nobody: the same facts give the same findings. */
export function findAll(facts: CheckFacts): Finding[] {
  return rules.flatMap(({ name, find }) => find(facts).map((finding) => ({ rule: name, ...finding })))
}
