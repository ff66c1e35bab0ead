import { describeError } from '../../core/errors.ts'
import { deciding, readTextFile } from '../../core/files/read-file.ts'
import type { Logger } from '../../core/log.ts'

/** The PEM certificates of NODE_EXTRA_CA_CERTS, which are trusted in addition to Node's own. */
export interface ExtraCa {
  /** Undefined if the variable is not set, or Node has read the file itself. */
  readonly file: string | undefined
  /** What was read last; undefined if there is nothing. */
  current(): string | undefined
  /** Reads the file again. A file that cannot be read causes a warning, as in Node, and what was read before stays. */
  refresh(): Promise<void>
}

/** @param file the file of the variable */
export function createExtraCa(file: string | undefined, log: Logger): ExtraCa {
  let text: string | undefined
  let warned: string | undefined
  return {
    file,
    current: () => text,
    async refresh() {
      if (file === undefined) return
      try {
        text = await readTextFile(file, deciding)
        warned = undefined
      } catch (error) {
        const reason = describeError(error)
        if (reason !== warned) log.warn('NODE_EXTRA_CA_CERTS cannot be read', { file, reason })
        warned = reason
      }
    },
  }
}
