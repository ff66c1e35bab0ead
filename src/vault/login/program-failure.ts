import { errorCode } from '../../core/errors.ts'

/** Why a `RunProgram` has rejected, in words that quote neither the command nor what it has printed. */
export function programFailure(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'failed: no exit status'
  if ('killed' in cause && cause.killed === true) return 'took too long'
  return `failed: ${errorCode(cause) ?? ('code' in cause ? `exit status ${String(cause.code)}` : 'no exit status')}`
}
