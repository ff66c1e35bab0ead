import { displayLine } from './display-text.ts'

const plainWord = /^[\w@%+=:,./-]+$/

/** A text as one word of a POSIX shell, quoted if necessary, for what a shell reads. */
export function scriptWord(text: string): string {
  return plainWord.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * The same for a person, who copies it from one line on the screen: what `displayLine` would change, such as a line break or
 * two blanks, is written as escapes. Line breaks at its end are lost.
 */
export function shellWord(text: string): string {
  if (plainWord.test(text) || displayLine(text, text.length) === text) return scriptWord(text)
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`
  const isPlain = (byte: number) => /[\w./]/.test(String.fromCharCode(byte))
  const escaped = [...Buffer.from(text)].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte)))
  return `"$(printf '${escaped.join('')}')"`
}

/** A path as `shellWord` writes it, which no command takes for an option. */
export function shellPath(path: string): string {
  return shellWord(path.startsWith('-') ? `./${path}` : path)
}
