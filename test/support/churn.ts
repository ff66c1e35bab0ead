import type { Churn } from '../../src/core/churn.ts'

/** Nobody counts. */
export const noChurn: Churn = { used: () => {}, held: () => {} }
