import { AgentError } from '../agent-error.ts'

/** OpenSSH's AGENT_MAX_LEN: what an agent must read, and the most that its clients read. */
export const maxFrameBytes = 256 * 1024

/** Splits one stream into messages. It owns the chunks that are pushed: messages are views of them where possible. */
export interface FrameDecoder {
  /** Takes the next chunk, once `next` has returned undefined for the last one. */
  push(chunk: Uint8Array): void
  /**
   * The next complete message without its length field, or undefined if more must be pushed first.
   * @throws {AgentError} FRAME_EMPTY, FRAME_TOO_LARGE; the decoder must then be discarded
   */
  next(): Uint8Array | undefined
  /** True if all of the last chunk has been taken: the next one can be. */
  isUsedUp(): boolean
  /** True if the input so far ends within a message: its first byte has arrived, but not its last one. */
  isWithinMessage(): boolean
  /** How many bytes it keeps for later: an unused part of a chunk keeps the whole chunk in memory. */
  heldBytes(): number
}

const headerBytes = 4
/** Once more than this has arrived, there is room for the whole message. */
const largePartialBytes = 16 * 1024
const nothing = new Uint8Array(0)

/**
 * A message is a uint32 length in bytes, then that many bytes (RFC 9987 §5). Incomplete input is kept for the next chunk.
 * @param maxBytes largest accepted message, without its length field
 */
export function createFrameDecoder(maxBytes: number): FrameDecoder {
  let chunk: Uint8Array = nothing
  let offset = 0
  const header = new Uint8Array(headerBytes)
  let headerFilled = 0
  // A message that spans chunks, and its announced length. Announcing a length must cost us nothing: there is room for
  // twice what has arrived, and for all of it once a lot has arrived, so that growing leaves little garbage.
  let partial: Uint8Array = nothing
  let partialFilled = 0
  let partialLength = 0

  const checkedLength = (bytes: Uint8Array, at: number): number => {
    const length = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    if (length === 0) throw new AgentError('FRAME_EMPTY', 'a message is empty')
    if (length > maxBytes) throw new AgentError('FRAME_TOO_LARGE', `a message of ${length} bytes is over ${maxBytes}`)
    return length
  }

  /** Copies from the chunk into `target` after `filled` bytes; returns how many bytes are filled now. */
  const fill = (target: Uint8Array, filled: number): number => {
    const count = Math.min(target.length - filled, chunk.length - offset)
    target.set(chunk.subarray(offset, offset + count), filled)
    offset += count
    return filled + count
  }

  const makeRoom = (): void => {
    const wanted = Math.min(partialLength, partialFilled + chunk.length - offset)
    if (wanted <= partial.length) return
    const isLarge = wanted > largePartialBytes
    const larger = new Uint8Array(isLarge ? partialLength : Math.min(partialLength, 2 * wanted))
    larger.set(partial)
    // It may hold a private key.
    partial.fill(0)
    partial = larger
  }

  const nextSplit = (): Uint8Array | undefined => {
    if (partialLength === 0) {
      headerFilled = fill(header, headerFilled)
      if (headerFilled < headerBytes) return usedUp()
      partialLength = checkedLength(header, 0)
      headerFilled = 0
    }
    makeRoom()
    partialFilled = fill(partial, partialFilled)
    if (partialFilled < partialLength) return usedUp()
    const message = partial
    partial = nothing
    partialFilled = 0
    partialLength = 0
    return message
  }

  /** A connection may be idle for days: it must not keep its last chunk. */
  const usedUp = (): undefined => {
    chunk = nothing
    offset = 0
  }

  return {
    push(next) {
      chunk = next
      offset = 0
    },
    next() {
      if (offset === chunk.length) return usedUp()
      const isWhole = partialLength === 0 && headerFilled === 0 && chunk.length - offset >= headerBytes
      if (!isWhole) return nextSplit()
      const start = offset + headerBytes
      const end = start + checkedLength(chunk, offset)
      if (end > chunk.length) return nextSplit()
      offset = end
      return chunk.subarray(start, end)
    },
    isUsedUp: () => offset === chunk.length,
    isWithinMessage: () => headerFilled > 0 || partialLength > 0,
    heldBytes: () => chunk.length + partial.length,
  }
}
