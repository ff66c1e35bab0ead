import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readWholeFile } from '../../core/files/read-file.ts'
import { maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import { readKeyFile } from '../../ssh/key-files/read-key-file.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'

/** Nobody has more in there, and each file that looks like a key is read. */
const maxFiles = 500

/** The files of `~/.ssh` that hold one of these keys without a passphrase, by its public line without a comment. */
export async function plaintextCopies(home: string, keys: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const copies = new Map<string, string[]>()
  if (keys.length === 0) return copies
  const folder = join(home, '.ssh')
  const names = await readdir(folder).catch(() => [])
  for (const name of names.slice(0, maxFiles)) {
    const path = join(folder, name)
    const key = await plaintextKeyIn(path)
    if (key !== undefined && keys.includes(key)) copies.set(key, [...(copies.get(key) ?? []), path])
  }
  return copies
}

/** A public line without its comment. */
export const withoutComment = (line: string): string => line.split(' ', 2).join(' ')

/** What cannot be read, and what is no key or needs a passphrase, is none. */
async function plaintextKeyIn(path: string): Promise<string | undefined> {
  try {
    const content = await readWholeFile(path, { maxBytes: maxKeyFileBytes, isTrusted: false })
    const { publicKey } = await readKeyFile(content).finally(() => content.fill(0))
    return formatPublicKeyLine(publicKey.blob, '')
  } catch {
    return undefined
  }
}
