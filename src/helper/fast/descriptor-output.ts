import { writeSync } from 'node:fs'
import { describeError, errorCode } from '../../core/errors.ts'
import { HelperError } from './failure.ts'

/** How long to wait for a reader that does not read, between attempts. */
const retryMs = 5

/**
 * Writes all of a text to a file descriptor before it resolves. By number: opening /dev/stdout fails where stdout is a
 * socket, which it is under a Node parent. `process.stdout` would load the stream modules for one line.
 * @throws {HelperError} OUTPUT_FAILED
 */
export async function writeToDescriptor(fd: number, text: string): Promise<void> {
  let rest: Uint8Array = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (cause) {
      // A pipe that another process made non-blocking.
      if (errorCode(cause) !== 'EAGAIN') {
        throw new HelperError('OUTPUT_FAILED', `cannot write the output: ${describeError(cause)}`, { cause })
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
