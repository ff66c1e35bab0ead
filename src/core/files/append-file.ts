import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { findPathFault } from '../trust/path-trust.ts'
import { notRegular, untrusted } from './read-file.ts'

/**
 * Adds a line to the end of a regular file. A missing file is created, accessible to its user alone.
 * @throws {FileError} it is not a regular file, or others could have put it there; the file system's error
 */
export async function appendLine(path: string, line: string): Promise<void> {
  const fault = findPathFault(path)
  if (fault !== undefined) throw untrusted(fault)
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants
  // O_NONBLOCK: opening a pipe that nobody reads would block.
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600)
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path, 'a pipe or a device')
    await file.writeFile(`${line}\n`)
  } finally {
    await file.close()
  }
}
