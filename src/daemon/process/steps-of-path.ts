import { lstatSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { walkPath } from '../../core/trust/path-walk.ts'

/** The part of the file system that is used; both functions throw its error. */
export interface PathSteps {
  isLink(path: string): boolean
  readLink(path: string): string
}

const systemSteps: PathSteps = {
  isLink: (path) => lstatSync(path).isSymbolicLink(),
  readLink: readlinkSync,
}

/**
 * Every folder entry that decides what is found at `path`: each folder, each link and the file itself, following links, up
 * to the first entry that is missing.
 * @returns the folders, each with the names of the entries in it
 */
export function stepsOfPath(path: string, steps: PathSteps = systemSteps): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  const visit = (at: string) => {
    const folder = dirname(at)
    names.set(folder, (names.get(folder) ?? new Set()).add(basename(at)))
    return steps.isLink(at) ? 'link' : 'entry'
  }
  try {
    walkPath(path, { visit, readlink: steps.readLink })
  } catch {
    // Nothing is there, or nothing that we may see: anything that appears will show up in the folder.
  }
  return names
}
