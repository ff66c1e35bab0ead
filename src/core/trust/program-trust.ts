import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { untrusted } from '../files/read-file.ts'
import { findPathFault } from './path-trust.ts'

/**
 * Where a program is that nobody but the user and root can change: run that path, and what was looked at is what is run.
 * @param name a path, or a name that is looked for as execvp(3) does
 * @param searchPath PATH
 * @returns the name itself where it is not found: the system says so when it is run
 * @throws {FileError} FILE_UNTRUSTED
 */
export function trustedProgram(name: string, searchPath: string | undefined): string {
  const path = name.includes('/') ? name : (pathsIn(searchPath ?? '', name).find(isExecutable) ?? name)
  const fault = path.includes('/') ? findPathFault(path) : undefined
  if (fault !== undefined) throw untrusted(fault)
  return path
}

function pathsIn(searchPath: string, name: string): string[] {
  return searchPath
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
}

/** Whether a path is a file that we may run. A folder has the same right, with which it is entered. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
