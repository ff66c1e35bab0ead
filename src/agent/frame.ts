import { AgentError } from './agent-error.ts'

/** OpenSSH's AGENT_MAX_LEN: what an agent must read, and the most that its clients read. */
export const maxFrameBytes = 256 * 1024

/** Cuts one stream into messages. The chunks that are pushed belong to it: messages are views of them where possible. */
export interface FrameDecoder {
  /** Takes the next chunk, once `next` has said that the last one is used up. */
  push(chunk: Uint8Array): void
  /**
   * The next whole message without its length field, or undefined when more must be pushed first.
   * @throws {AgentError} FRAME_EMPTY, FRAME_TOO_LARGE; the decoder must then be discarded
   */
  next(): Uint8Array | undefined
}

const headerBytes = 4

/**
 * A message is a uint32 length in bytes, then that many bytes (RFC 9987 §5). Incomplete input is kept for the next chunk.
 * @param maxBytes largest accepted message, without its length field
 */
export function createFrameDecoder(maxBytes: number): FrameDecoder {
  let chunk: Uint8Array = new Uint8Array(0)
  let offset = 0
  const header = new Uint8Array(headerBytes)
  let headerFilled = 0
  // A message that goes beyond its chunk. Its length was checked, so no client can make this larger than maxBytes.
  let partial: Uint8Array | undefined
  let partialFilled = 0

  const checkedLength = (bytes: Uint8Array, at: number): number => {
    const length = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    if (length === 0) throw new AgentError('FRAME_EMPTY', 'a message is empty')
    if (length > maxBytes) throw new AgentError('FRAME_TOO_LARGE', `a message of ${length} bytes is over ${maxBytes}`)
    return length
  }

  /** Copies what there is of `target` beyond `filled`; returns how far it is filled now. */
  const fill = (target: Uint8Array, filled: number): number => {
    const count = Math.min(target.length - filled, chunk.length - offset)
    target.set(chunk.subarray(offset, offset + count), filled)
    offset += count
    return filled + count
  }

  const nextSplit = (): Uint8Array | undefined => {
    if (partial === undefined) {
      headerFilled = fill(header, headerFilled)
      if (headerFilled < headerBytes) return undefined
      partial = new Uint8Array(checkedLength(header, 0))
      partialFilled = 0
      headerFilled = 0
    }
    partialFilled = fill(partial, partialFilled)
    if (partialFilled < partial.length) return undefined
    const message = partial
    partial = undefined
    return message
  }

  return {
    push(next) {
      chunk = next
      offset = 0
    },
    next() {
      const isWhole = partial === undefined && headerFilled === 0 && chunk.length - offset >= headerBytes
      if (!isWhole) return nextSplit()
      const start = offset + headerBytes
      const end = start + checkedLength(chunk, offset)
      if (end > chunk.length) return nextSplit()
      offset = end
      return chunk.subarray(start, end)
    },
  }
}
