import { HelperError } from '../fast/failure.ts'
import { edit } from '../profiles/profile-files.ts'

/** A file as it was read, and as it is to be. */
export interface ReplacedText {
  path: string
  before: string
  after: string
}

/**
 * Changes a file that is still as it was read.
 * @param standing where the keys are while it is not
 * @throws {HelperError} REFUSED, TIMED_OUT, with what to do about keys that are half moved
 */
export async function replaceText({ path, before, after }: ReplacedText, standing: string): Promise<void> {
  try {
    await edit(path, false, (text) => {
      if (text === before) return after
      throw new HelperError('REFUSED', `${path} has been edited meanwhile`)
    })
  } catch (cause) {
    if (!(cause instanceof HelperError)) throw cause
    throw new HelperError(cause.code, `${standing}, but ${cause.message}`, {
      cause,
      hint: 'put that right, and run the command again: it goes on from there',
    })
  }
}
