import type { SshReader } from '../../ssh/wire.ts'

// Comments are usually file names, which need not be UTF-8. They are shown, never compared.
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads a comment, whatever bytes it consists of. @throws {SshError} WIRE_TRUNCATED */
export function readComment(reader: SshReader): string {
  return lenientUtf8.decode(reader.string())
}
