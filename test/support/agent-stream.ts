import type { Duplex } from 'node:stream'

/** A message with its length field. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

/** The client's end of a connection to an agent. */
export interface FrameReader {
  /** The next message without its length field, or undefined once the other side has ended or closed. */
  next(): Promise<Buffer | undefined>
  /** Stops reading, as a client that does something else would. */
  pause(): void
  resume(): void
}

export function createFrameReader(stream: Duplex): FrameReader {
  let pending = Buffer.alloc(0)
  let hasEnded = false
  let wake = () => {}
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    wake()
  })
  const end = () => {
    hasEnded = true
    wake()
  }
  // A socket that is closed with something unread ends in an error; what matters is that it ends.
  stream.on('end', end).on('close', end).on('error', end)
  return {
    async next() {
      while (pending.length < 4 || pending.length < 4 + pending.readUInt32BE(0)) {
        if (hasEnded) return undefined
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const end = 4 + pending.readUInt32BE(0)
      const message = pending.subarray(4, end)
      pending = pending.subarray(end)
      return message
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  }
}
