import { displayLine } from './display-text.ts'

/** A text as one word of a POSIX shell, quoted if necessary: for commands that a person copies, and for scripts. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * A text as one word of a POSIX shell that survives being shown on one line and copied from there: what `displayLine` would
 * change, such as two blanks, is written as escapes. Line breaks at its end are lost.
 */
export function pastedWord(text: string): string {
  if (displayLine(text, text.length) === text) return shellWord(text)
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`
  const isPlain = (byte: number) => /[\w./]/.test(String.fromCharCode(byte))
  const escaped = [...Buffer.from(text)].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte)))
  return `"$(printf '${escaped.join('')}')"`
}

/** A path as `pastedWord` writes it, which no command takes for an option. */
export function pastedPath(path: string): string {
  return pastedWord(path.startsWith('-') ? `./${path}` : path)
}
