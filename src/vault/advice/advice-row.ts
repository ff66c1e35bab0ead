import type { VaultErrorCode } from '../vault-error.ts'
import type { VaultPurpose } from './purpose.ts'

/** One text that a server may answer with, and what it means to the person here. */
export interface AdviceRow<Purpose extends VaultPurpose = VaultPurpose> {
  /** Matched against each text of the answer. */
  text: RegExp
  /** Absent: whatever the status. */
  status?: number
  code: VaultErrorCode
  /** What failed, without the server's name. */
  message: (purpose: Purpose, match: RegExpMatchArray) => string
  /** @param vault the server's name in the configuration */
  hint: (purpose: Purpose, match: RegExpMatchArray, vault: string) => string
}

/** The hint where the server found fault with the request itself. */
export const reportHint = () => 'this is a mistake in latchkey: please report it with the output of: latchkey --version'
