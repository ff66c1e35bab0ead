import { SshError } from './wire.ts'

/** What `read` makes of bytes; `fallback` where they are not what it reads. @throws what is no SshError */
export function readOr<T, Fallback>(fallback: Fallback, read: () => T): T | Fallback {
  try {
    return read()
  } catch (error) {
    if (error instanceof SshError) return fallback
    throw error
  }
}
