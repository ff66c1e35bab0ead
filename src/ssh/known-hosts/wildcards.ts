/** Whether a text is a pattern: `*` stands for any characters, `?` for one (ssh_config(5), PATTERNS). */
export function hasWildcard(text: string): boolean {
  return /[*?]/.test(text)
}

/**
 * Whether the whole text matches a pattern with wildcards. Of all stars only the latest is ever tried anew, so that the time
 * is at most the product of both lengths, whoever wrote the pattern.
 */
export function matchesWildcards(text: string, pattern: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let afterStar = 0
  while (at < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern
      afterStar = at
      inPattern += 1
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[at])) {
      at += 1
      inPattern += 1
    } else if (star >= 0) {
      afterStar += 1
      at = afterStar
      inPattern = star + 1
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern += 1
  return inPattern === pattern.length
}
