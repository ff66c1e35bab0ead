/** The comparison takes time in proportion to the product of both lengths; nobody types a longer name. */
const longestName = 256

/** The three nearest names at most, nearest first: within a third of their length in edits, or starting with `name`. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  if (name.length > longestName) return []
  return known
    .filter((candidate) => candidate.length <= longestName)
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.ceil(Math.max(name.length, candidate.length) / 3) ||
        (name.length >= 2 && candidate.toLowerCase().startsWith(name.toLowerCase())),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** The names at most `letters` edits away from one that may be mistyped. More than half of a name is never a typo. */
export function namesWithin(name: string, known: readonly string[], letters: number): string[] {
  return known.filter((candidate) => {
    const longest = Math.max(name.length, candidate.length)
    if (longest > longestName) return false
    return editDistance(name.toLowerCase(), candidate.toLowerCase()) <= Math.min(letters, Math.floor(longest / 2))
  })
}

/** The number of edits: a letter added, removed or replaced, or two neighbours swapped (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1), swapped))
    }
    before = row
    row = next
  }
  return row[b.length]!
}
