import { type KnownHost, parseKnownHost } from './known-host.ts'

/** A longer line names more hosts than anybody knows. */
const maxLineBytes = 64 * 1024
/** A fleet may share one key, but the same file has other lines too. */
const maxLines = 1_000

const lineFeed = 0x0a
const blanks: readonly (number | undefined)[] = [0x20, 0x09]
const ends: readonly (number | undefined)[] = [...blanks, 0x0d, lineFeed, undefined]

/**
 * Finds what a known_hosts file says of a key. The file is searched for the key, and only lines that hold it are read: it
 * may be large, and it is somebody else's.
 * @param file its bytes
 * @param keyBlob the blob of a plain key
 */
export function findKnownHosts(file: Buffer, keyBlob: Uint8Array): readonly KnownHost[] {
  const base64 = Buffer.from(Buffer.from(keyBlob).toString('base64'), 'latin1')
  const found: KnownHost[] = []
  for (let from = 0, lines = 0; lines < maxLines; lines += 1) {
    const at = file.indexOf(base64, from)
    if (at < 0) break
    from = at + base64.length
    if (!blanks.includes(file[at - 1]) || !ends.includes(file[from])) continue
    const known = parseBefore(file, at)
    if (known !== undefined) found.push(known)
  }
  return found
}

/** Reads the line up to its key: hosts and the name of the key's type, which the key repeats. */
function parseBefore(file: Buffer, keyAt: number): KnownHost | undefined {
  // Looked for in what a line may have, lest a file that is one long line be searched anew for each key in it.
  const reach = file.subarray(Math.max(0, keyAt - maxLineBytes), keyAt)
  const start = reach.lastIndexOf(lineFeed) + 1
  if (start === 0 && reach.length === maxLineBytes) return undefined
  const fields = reach
    .toString('latin1', start)
    .trim()
    .split(/[ \t]+/)
  return parseKnownHost(fields.slice(0, -1))
}
