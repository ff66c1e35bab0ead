import type { CheckFacts } from './check-facts.ts'

/** Something that is not as it should be. */
export interface Finding {
  /** The rule that it breaks. */
  rule: string
  /** `error`: a key that others may have, or tools that do not do what their files say. */
  severity: 'error' | 'warning'
  what: string
  /** What was seen, and where. No secrets. */
  evidence: readonly string[]
  /** A command, or lines to write. */
  mend: string
}

/** Looks for one kind of finding. It does nothing else: facts are gathered before. */
export interface Rule {
  name: string
  find(facts: CheckFacts): readonly Omit<Finding, 'rule'>[]
}
