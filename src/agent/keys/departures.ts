/** Tells of keys that are taken away. */
export interface Departures {
  /** As `KeyStore.onceGone`. */
  onceGone(keyBlob: Uint8Array, listener: () => void): () => void
  /** To be called after every change of the keys. */
  look(): void
}

/** Nobody waits yet. @param isHere whether a key is there now */
export function createDepartures(isHere: (keyBlob: Uint8Array) => boolean): Departures {
  const waiting = new Set<{ keyBlob: Uint8Array; listener: () => void }>()
  return {
    onceGone(keyBlob, listener) {
      const entry = { keyBlob, listener }
      waiting.add(entry)
      return () => void waiting.delete(entry)
    },
    look() {
      for (const entry of waiting) {
        if (isHere(entry.keyBlob)) continue
        waiting.delete(entry)
        entry.listener()
      }
    },
  }
}
