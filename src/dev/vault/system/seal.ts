import { timingSafeEqual } from 'node:crypto'

/** The seal of the server. */
export interface Seal {
  isSealed(): boolean
  seal(): void
  /** @returns false for a wrong key */
  unseal(key: string): boolean
}

/** Whether the server is sealed. It starts unsealed, also after it was sealed before: it is for development. */
export function createSeal(unsealKey: string): Seal {
  const wanted = Buffer.from(unsealKey)
  let isSealed = false
  return {
    isSealed: () => isSealed,
    seal() {
      isSealed = true
    },
    unseal(key) {
      const given = Buffer.from(key)
      const isRight = given.length === wanted.length && timingSafeEqual(given, wanted)
      if (isRight) isSealed = false
      return isRight
    },
  }
}
