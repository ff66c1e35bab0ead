import type { ListedIdentity } from '../../ipc/endpoints/ssh-explain.ts'
import type { AskedAgent } from './asked-agent.ts'
import type { Standing } from './cautions.ts'
import type { LoginAttempt } from './login-attempt.ts'

/** An identity that ssh offers. */
export interface ExplainedOffer extends Omit<ListedIdentity, 'blob'> {
  /** The file of ssh_config that names it. */
  file?: string
  standing: Standing
  /** What a server may have against it. */
  cautions: readonly string[]
}

/** An identity that ssh does not offer. */
export interface ExplainedOmission {
  identity?: string
  comment: string
  /** In words. */
  why: string
}

/** Which identities ssh offers to a host, and why. */
export interface SshExplanation {
  /** As it was typed. */
  destination: string
  user: string
  hostname: string
  port: number
  /** Where there are any: what lies between. */
  hops: readonly string[]
  agent: AskedAgent
  host: {
    /** Whether ssh knows it: by its key, by the CA of its certificate, or not yet. */
    known: 'key' | 'certificate' | 'new'
    /** What latchkey takes it for; empty where nothing depends on that, too. */
    names: readonly string[]
  }
  /** In the order in which ssh tries them. */
  offers: readonly ExplainedOffer[]
  /** The place of the first of them that fits, counted from 1; absent where none surely does. */
  fitting?: number
  leftOut: readonly ExplainedOmission[]
  /** What is in the way, or else worth knowing, each with what to do. */
  notices: readonly string[]
  /** Where a login was tried. */
  attempt?: LoginAttempt & { meaning: string; hint?: string }
}
