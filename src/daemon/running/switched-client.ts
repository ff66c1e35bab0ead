import type { VaultClient } from '../../vault/client.ts'

/** A client whose connection can be replaced while it is in use. */
export interface SwitchedClient extends VaultClient {
  /** From now on requests go through `client`; the former client is closed once its requests have ended. */
  use(client: VaultClient): void
}

/** @param first can be replaced by another client for the same server and namespace */
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
