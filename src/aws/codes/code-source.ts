import type { Secret } from '../../core/secret.ts'

/** What yields the codes of a device without a question to the person. */
export interface CodeSource {
  /** What it is, in words. */
  readonly what: string
  /** How long the device shows a code. */
  readonly periodSeconds: number
  /**
   * The code that the device shows.
   * @param atMs now, by the clock of AWS; ms since the epoch
   * @param signal aborted when nobody wants it any more
   * @throws {AwsError} AWS_CODE_SOURCE_FAILED: the person can be asked instead
   */
  code(atMs: number, signal: AbortSignal): Promise<Secret<string>>
}
