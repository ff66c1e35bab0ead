import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { findPathFault } from '../trust/path-trust.ts'
import { notRegular, untrusted } from './read-file.ts'

/**
 * Adds a line to the end of a regular file, which is made for its user alone where it is missing.
 * @throws {FileError} it is no file, or others lead us to it; the file system's error
 */
export async function appendLine(path: string, line: string): Promise<void> {
  const fault = findPathFault(path)
  if (fault !== undefined) throw untrusted(fault)
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants
  // A pipe that nobody reads would be waited for.
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600)
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path, 'a pipe or a device')
    await file.writeFile(`${line}\n`)
  } finally {
    await file.close()
  }
}
