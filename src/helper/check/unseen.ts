import type { CodedError } from '../../core/errors.ts'
import { HelperError } from '../fast/failure.ts'

/** Something that AWS did not say. */
export interface Unseen {
  what: string
  reason: string
  hint?: string | undefined
}

/** A reason why something is not seen. A person who has said no to one code is not asked for the next. @throws {HelperError} CANCELLED */
export function unlessCancelled<Failure extends CodedError>(failure: Failure): Failure {
  if (failure.code !== 'CANCELLED') return failure
  throw new HelperError('CANCELLED', failure.message, {
    cause: failure,
    hint: 'without AWS: latchkey aws check --offline',
  })
}
