/** A text as one word of a POSIX shell, quoted if necessary: for commands that a person copies, and for scripts. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
