import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findPathFault } from '../trust/path-trust.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { untrusted } from './read-file.ts'

/**
 * Replaces a file that its user alone reads (0600) and nobody else can replace; its folder is made where it is missing (0700).
 * @throws {FileError} FILE_UNTRUSTED; the file system's error; the former file is then untouched
 */
export async function writeOwnFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fault = findPathFault(path)
  if (fault !== undefined) throw untrusted(fault)
  await writeFileAtomically(path, content, 0o600)
}
