import type { Marking, Standing } from '../../src/core/limits/admission.ts'

/** A seat that nobody else wants. */
export const ownSeat: Marking = { mark: () => {} }

/** A seat that writes down what it is told. */
export function capturingSeat(): Marking & { marks: readonly Standing[] } {
  const marks: Standing[] = []
  return { marks, mark: (standing) => void marks.push(standing) }
}
