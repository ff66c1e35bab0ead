import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { untrusted } from '../files/read-file.ts'
import { expandHome } from '../places/paths.ts'
import { findPathFault } from './path-trust.ts'

/**
 * The path of a program that nobody but the user and root can change: run this path, so that what was checked is what runs.
 * @param name a path, or a name that is looked up as execvp(3) does
 * @param searchPath PATH
 * @returns the name itself if it is not found: running it then gives the system's error
 * @throws {FileError} FILE_UNTRUSTED
 */
export function trustedProgram(name: string, searchPath: string | undefined): string {
  const path = name.includes('/') ? name : (pathsIn(searchPath ?? '', name).find(isExecutable) ?? name)
  const fault = path.includes('/') ? findPathFault(path) : undefined
  if (fault !== undefined) throw untrusted(fault)
  return path
}

/**
 * The path of a program that nobody but the user and root can change, passing over those that others could.
 * @param name a path, or a name that is looked up in the absolute folders of PATH
 * @returns undefined if there is none
 */
export function findTrustedProgram(name: string, searchPath: string | undefined): string | undefined {
  const paths = name.includes('/') ? [name] : pathsIn(searchPath ?? '', name)
  return paths.find((path) => path.startsWith('/') && isExecutable(path) && findPathFault(path) === undefined)
}

/**
 * Refuses a line for a shell whose program others could change, where it begins with one that can be read without a shell.
 * Whatever else the line does is the user's own choice, where nobody else can write the file that it is in.
 * @throws {FileError} FILE_UNTRUSTED
 */
export function refuseUntrustedLine(
  line: string,
  { home, searchPath }: { home: string; searchPath: string | undefined },
): void {
  const [, double, single, plain] = /^\s*(?:"([^"$`\\]+)"|'([^']+)'|([\w./~+@:,=-]+))(?:\s|$)/.exec(line) ?? []
  const program = double ?? single ?? (plain === undefined ? undefined : expandHome(plain, home))
  if (program !== undefined) trustedProgram(program, searchPath)
}

function pathsIn(searchPath: string, name: string): string[] {
  return searchPath
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
}

/** Whether a path is a file that we may run. A folder has the same permission, but there it allows entering. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
