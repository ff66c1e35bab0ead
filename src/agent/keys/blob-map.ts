import { equalBytes } from '../../ssh/wire.ts'

/** Values by key blobs, in the order in which they came. */
export interface BlobMap<T> {
  readonly size: number
  get(keyBlob: Uint8Array): T | undefined
  /** A value that replaces another takes its place. @param keyBlob must not change any more */
  set(keyBlob: Uint8Array, value: T): void
  /** @returns false if there is none */
  delete(keyBlob: Uint8Array): boolean
  clear(): void
  values(): T[]
}

interface Entry<T> {
  keyBlob: Uint8Array
  value: T
}

/**
 * Creates a map without a value. It is asked several times for each signature, mostly for a certificate of a thousand bytes
 * that it does not have: making a string of each would take longer than all the rest. A client can choose keys that have
 * their last bytes in common; then they are compared one after the other.
 */
export function createBlobMap<T>(): BlobMap<T> {
  const entries = new Set<Entry<T>>()
  const byTail = new Map<number, Entry<T>[]>()

  const find = (keyBlob: Uint8Array) => byTail.get(tailOf(keyBlob))?.find((entry) => equalBytes(entry.keyBlob, keyBlob))

  return {
    get size() {
      return entries.size
    },
    get: (keyBlob) => find(keyBlob)?.value,
    set(keyBlob, value) {
      const present = find(keyBlob)
      if (present !== undefined) {
        present.value = value
        return
      }
      const [entry, tail] = [{ keyBlob, value }, tailOf(keyBlob)]
      entries.add(entry)
      byTail.set(tail, [...(byTail.get(tail) ?? []), entry])
    },
    delete(keyBlob) {
      const present = find(keyBlob)
      if (present === undefined) return false
      entries.delete(present)
      const tail = tailOf(keyBlob)
      const others = byTail.get(tail)!.filter((entry) => entry !== present)
      if (others.length === 0) byTail.delete(tail)
      else byTail.set(tail, others)
      return true
    },
    clear() {
      entries.clear()
      byTail.clear()
    },
    values: () => [...entries].map(({ value }) => value),
  }
}

/** The last four bytes: they are of the key, or of the signature on a certificate. Missing ones count as zero. */
function tailOf(keyBlob: Uint8Array): number {
  const end = keyBlob.length
  return (keyBlob[end - 4]! << 24) | (keyBlob[end - 3]! << 16) | (keyBlob[end - 2]! << 8) | keyBlob[end - 1]!
}
