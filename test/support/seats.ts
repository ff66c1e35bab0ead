import type { Seat, Standing } from '../../src/core/admission.ts'

/** A seat that nobody else wants. */
export const ownSeat: Seat = { mark: () => {}, leave: () => {} }

/** A seat that writes down what it is told. */
export function capturingSeat(): Seat & { marks: Standing[]; hasLeft(): boolean } {
  const marks: Standing[] = []
  let hasLeft = false
  return {
    marks,
    hasLeft: () => hasLeft,
    mark: (standing) => void marks.push(standing),
    leave() {
      hasLeft = true
    },
  }
}
