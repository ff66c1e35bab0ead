import type { SshReader } from '../../ssh/wire.ts'

// Comments are file names more often than not, and those need not be UTF-8: they are shown, never compared.
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** A comment, whatever bytes it is made of. @throws {SshError} WIRE_TRUNCATED */
export function readComment(reader: SshReader): string {
  return lenientUtf8.decode(reader.string())
}
