import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { displayLine } from '../../core/text/display-text.ts'

/** Where a program writes its standard error. */
export interface Complaints {
  fd: number
  /** Its last lines as one, which can be shown; empty where there are none. */
  last(): Promise<string>
  close(): Promise<void>
}

const maxBytes = 2_048
const maxLines = 3

/**
 * Makes a file that has no name any more: what a browser that stays writes into a pipe would end it as soon as nobody
 * reads that. @returns undefined where there is no room for temporary files
 */
export async function openComplaints(): Promise<Complaints | undefined> {
  const file = await openNameless().catch(() => undefined)
  if (file === undefined) return undefined
  return {
    fd: file.fd,
    async last() {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(maxBytes),
        position: Math.max(0, size - maxBytes),
      })
      const lines = buffer
        .toString('utf8', 0, bytesRead)
        .split('\n')
        .map((line) => displayLine(line))
      return lines
        .filter((line) => line !== '')
        .slice(-maxLines)
        .join(' / ')
    },
    close: () => file.close(),
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  try {
    return await open(join(folder, 'stderr'), 'wx+', 0o600)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
