import type { ConnectionView, Identity } from './key-store.ts'

/** What each connection is shown of a list, the same array until that changes: see `IdentityLists`. */
export interface ShownKeys {
  of(
    connection: ConnectionView,
    all: readonly Identity[],
    isShown: (keyBlob: Uint8Array, connection: ConnectionView) => boolean,
  ): readonly Identity[]
}

/** Forgets a connection with its last use. */
export function createShownKeys(): ShownKeys {
  const latest = new WeakMap<ConnectionView, readonly Identity[]>()
  return {
    of(connection, all, isShown) {
      const shown = all.filter(({ keyBlob }) => isShown(keyBlob, connection))
      const former = latest.get(connection)
      if (former?.length === shown.length && shown.every((identity, index) => identity === former[index])) return former
      latest.set(connection, shown)
      return shown
    },
  }
}
