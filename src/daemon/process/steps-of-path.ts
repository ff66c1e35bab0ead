import { lstatSync, readlinkSync } from 'node:fs'

/** The part of the file system that is used; both functions throw its error. */
export interface PathSteps {
  isLink(path: string): boolean
  readLink(path: string): string
}

const systemSteps: PathSteps = {
  isLink: (path) => lstatSync(path).isSymbolicLink(),
  readLink: readlinkSync,
}

/** Linux has the same limit (path_resolution(7)). */
const maxLinks = 40

/**
 * Every folder entry that decides what is found at `path`: each folder, each link and the file itself, following links, up
 * to the first entry that is missing.
 * @returns the folders, each with the names of the entries in it
 */
export function stepsOfPath(path: string, steps: PathSteps = systemSteps): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  const ahead = path.startsWith('/') ? partsOf(path) : [...partsOf(process.cwd()), ...partsOf(path)]
  let reached = ''
  let links = 0
  while (ahead.length > 0) {
    const part = ahead.shift()!
    if (part === '..') {
      reached = reached.slice(0, Math.max(reached.lastIndexOf('/'), 0))
      continue
    }
    const folder = reached === '' ? '/' : reached
    names.set(folder, (names.get(folder) ?? new Set()).add(part))
    const at = `${reached}/${part}`
    try {
      if (!steps.isLink(at)) {
        reached = at
        continue
      }
      links += 1
      const target = steps.readLink(at)
      if (links > maxLinks) break
      if (target.startsWith('/')) reached = ''
      ahead.unshift(...partsOf(target))
    } catch {
      // Nothing is there, or nothing that we may see: anything that appears will show up in the folder.
      break
    }
  }
  return names
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.')
