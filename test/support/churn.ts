import type { Churn } from '../../src/core/limits/churn.ts'

/** Nobody counts. */
export const noChurn: Churn = { used: () => {}, held: () => {} }
