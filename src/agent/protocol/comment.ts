import type { SshReader } from '../../ssh/wire.ts'

// Comments are usually file names, which need not be UTF-8. Clients get back the bytes that they sent.
const strictUtf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
/** Where a byte from 0x80 on stands in a text that is not UTF-8: among code units that no text has by themselves. */
const escaped = 0xdc00

/** Reads a comment, whatever bytes it consists of. @throws {SshError} WIRE_TRUNCATED */
export function readComment(reader: SshReader): string {
  const bytes = reader.string()
  try {
    return strictUtf8.decode(bytes)
  } catch {
    const text = Buffer.from(bytes).toString('latin1')
    return text.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(escaped + byte.charCodeAt(0)))
  }
}

/** Half of a pair, without its other half. */
const isEscaped = /(?<![\ud800-\udbff])[\udc80-\udcff]/

/** The bytes that `readComment` has read. */
export function commentBytes(comment: string): Uint8Array {
  if (!isEscaped.test(comment)) return Buffer.from(comment, 'utf8')
  return Uint8Array.from({ length: comment.length }, (_, index) => comment.charCodeAt(index) & 0xff)
}
