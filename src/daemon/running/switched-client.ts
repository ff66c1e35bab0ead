import type { VaultClient } from '../../vault/client.ts'

/** A client whose connection can be exchanged while others use it. */
export interface SwitchedClient extends VaultClient {
  /** From now on requests go through this one; the former one ends after those that it has under way. */
  use(client: VaultClient): void
}

/** @param first another one for the same server and namespace may take its place */
export function createSwitchedClient(first: VaultClient): SwitchedClient {
  let current = { client: first, underWay: 0 }
  return {
    name: first.name,
    destination: first.destination,
    async request(request) {
      const mine = current
      mine.underWay += 1
      try {
        return await mine.client.request(request)
      } finally {
        mine.underWay -= 1
        if (mine !== current && mine.underWay === 0) mine.client.close()
      }
    },
    use(client) {
      const former = current
      current = { client, underWay: 0 }
      if (former.underWay === 0) former.client.close()
    },
    close: () => current.client.close(),
  }
}
