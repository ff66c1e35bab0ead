/**
 * The changed lines of two short texts, as `- old` and `+ new`, with the unchanged ones around them as they are.
 * By the longest common subsequence: service files have some fifty lines.
 */
export function diffLines(before: string, after: string): string {
  const [old, fresh] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')]
  const common = commonLengths(old, fresh)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push(`  ${old[i]}`)
      i++
      j++
    } else if (j === fresh.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${old[i]}`)
      i++
    } else {
      lines.push(`+ ${fresh[j]}`)
      j++
    }
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** At [i][j]: how many lines the rests from i and j have in common, in order. */
function commonLengths(old: readonly string[], fresh: readonly string[]): number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () => Array.from({ length: fresh.length + 1 }, () => 0))
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      lengths[i]![j] =
        old[i] === fresh[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
    }
  }
  return lengths
}
