/** What the keys so far have come to. */
export type EditedLine = { type: 'more' } | { type: 'line'; text: string } | { type: 'cancelled' }

/** Longer than any code or password; the API takes no more. */
const maxLength = 4096

/**
 * One line typed into a terminal that does not edit lines itself (raw mode): erase, erase all, interrupt and end of
 * input as stty(1) has them by default. Whole lines, from a terminal that does edit them, are read in the same way.
 */
export function createLineEditor(): (keys: string) => EditedLine {
  let text: string[] = []
  let sequence: 'none' | 'begun' | 'open' = 'none'

  const key = (char: string): EditedLine => {
    if (sequence !== 'none') {
      // Arrow and function keys: ESC [ … letter, ESC O letter (ECMA-48). They are no part of the text.
      if (sequence === 'begun') sequence = char === '[' || char === 'O' ? 'open' : 'none'
      else if (/[@-~]/.test(char)) sequence = 'none'
      return { type: 'more' }
    }
    switch (char) {
      case '\r':
      case '\n':
        return { type: 'line', text: text.join('') }
      case '\u0003': // Ctrl-C
        return { type: 'cancelled' }
      case '\u0004': // Ctrl-D
        return text.length === 0 ? { type: 'cancelled' } : { type: 'more' }
      case '\u007f':
      case '\b':
        text.pop()
        break
      case '\u0015': // Ctrl-U
        text = []
        break
      case '\u001b':
        sequence = 'begun'
        break
      default:
        if (char >= ' ' && text.length < maxLength) text.push(char)
    }
    return { type: 'more' }
  }

  return (keys) => {
    for (const char of keys) {
      const edited = key(char)
      if (edited.type !== 'more') return edited
    }
    return { type: 'more' }
  }
}
