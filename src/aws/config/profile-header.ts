/** The profile that a header stands for. */
export interface HeaderName {
  name: string
  /**
   * False: botocore sees no profile there, though other SDKs do, or there is a blank too many. It counts only where no
   * other header has that name.
   */
  isExact: boolean
}

/** The profile in a header of the config file: `profile dev`, `profile "a b"` or `default`; undefined for other sections. */
export function configHeader(header: string): HeaderName | undefined {
  if (header === 'default') return { name: 'default', isExact: true }
  // botocore looks only at how it begins, and takes the second of two words.
  const words = header.startsWith('profile') ? shellWords(header) : undefined
  if (words?.length === 2) return { name: words[1]!, isExact: true }
  const loose = looseText(header)
  if (loose === 'default') return { name: 'default', isExact: false }
  const match = /^profile\s+(.+)$/.exec(loose)
  return match === null ? undefined : { name: unquoted(match[1]!), isExact: false }
}

/** The profile in a header of the credentials file, where the name stands without a prefix. */
export function credentialsHeader(header: string): HeaderName {
  const loose = unquoted(looseText(header))
  return { name: loose, isExact: loose === header }
}

/** A header without the blanks around it, and without a comment that has brackets too. */
export function looseText(header: string): string {
  return header.split(']', 1)[0]!.trim()
}

function unquoted(name: string): string {
  return /^(["'])(.*)\1$/.exec(name)?.[2] ?? name
}

/** The words of a line as Python's `shlex.split` has them; undefined where a quote or an escape is not closed. */
export function shellWords(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]!
    if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === '\\') {
      index += 1
      if (index === text.length) return undefined
      word = (word ?? '') + text[index]!
    } else if (char === '"' || char === "'") {
      const end = quoteEnd(text, index)
      if (end === undefined) return undefined
      const inside = text.slice(index + 1, end)
      word = (word ?? '') + (char === '"' ? inside.replace(/\\(["\\])/g, '$1') : inside)
      index = end
    } else word = (word ?? '') + char
  }
  if (word !== undefined) words.push(word)
  return words
}

function quoteEnd(text: string, start: number): number | undefined {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === text[start]) return index
    if (text[start] === '"' && text[index] === '\\') index += 1
  }
  return undefined
}
