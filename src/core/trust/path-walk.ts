/** What is done with each entry on the way to a path. */
export interface PathVisitor {
  /**
   * Comes to an entry: a folder, a link, or the file itself.
   * @param at its absolute path, in which no link is left but itself
   * @returns `link` to follow it, `stop` to go no further
   */
  visit(at: string): 'entry' | 'link' | 'stop'
  /** Where a link leads. */
  readlink(at: string): string
}

/** The most links on one way: Linux has this limit too (path_resolution(7)). */
const maxLinks = 40

/**
 * Walks from `/` to a path, entry by entry, and follows links one step after the other, as the kernel does. Entries that
 * decide what is found at the path are all visited, `/` itself excepted.
 * @returns the link at which it gave up, because links lead in a circle; undefined where the way ended or was stopped
 * @throws what the visitor throws
 */
export function walkPath(path: string, { visit, readlink }: PathVisitor): string | undefined {
  const ahead = path.startsWith('/') ? partsOf(path) : [...partsOf(process.cwd()), ...partsOf(path)]
  let reached = ''
  let links = 0
  while (ahead.length > 0) {
    const part = ahead.shift()!
    if (part === '..') {
      // No link is left in what has been reached.
      reached = reached.slice(0, Math.max(reached.lastIndexOf('/'), 0))
      continue
    }
    const at = `${reached}/${part}`
    switch (visit(at)) {
      case 'stop':
        return undefined
      case 'entry':
        reached = at
        break
      case 'link': {
        links += 1
        if (links > maxLinks) return at
        const target = readlink(at)
        if (target.startsWith('/')) reached = ''
        ahead.unshift(...partsOf(target))
      }
    }
  }
  return undefined
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.')
