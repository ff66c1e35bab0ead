import { fstatSync, statSync } from 'node:fs'
import { displayLines } from '../core/text/display-text.ts'
import { writeToDescriptor } from './fast/descriptor-output.ts'
import { HelperError } from './fast/failure.ts'

/** What Node opens in the place of a standard output that is closed. */
const nowhere = '/dev/null'

/**
 * Writes to the standard output what must have been shown before something is done, and resolves once it is out.
 * @param output its descriptor
 * @throws {HelperError} OUTPUT_FAILED: it is closed, goes nowhere, or has nobody who reads
 */
export async function showOutput(text: string, output = 1): Promise<void> {
  if (fstatSync(output).rdev === statSync(nowhere).rdev) {
    throw new HelperError('OUTPUT_FAILED', 'nobody could see this: the output goes nowhere', {
      hint: 'let it go to a terminal or to a file',
    })
  }
  await writeToDescriptor(output, displayLines(text))
}
