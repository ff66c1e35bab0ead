import { cutText } from './text/display-text.ts'

/** What an error carries besides its code and its message. */
export interface CodedErrorOptions {
  cause?: unknown
  /** What the user can do next: lower case, no full stop, with a command to run where there is one. */
  hint?: string | undefined
}

/** What is longer has a list in it that somebody else has made: it would be in each answer, status and line of the log. */
const maxTextLength = 4096

/**
 * An error with a stable code. Each room derives one class with a closed union of codes.
 * The message says what failed in words for the user; it never holds a secret or a whole payload.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly hint: string | undefined

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(cutText(message, maxTextLength), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.hint = options.hint === undefined ? undefined : cutText(options.hint, maxTextLength)
  }
}

/** A short text for any thrown value, safe to show: our own errors and system errors speak for themselves. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The code of a CodedError or of a Node system error (`ENOENT`); otherwise undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
