/**
 * What a `credential_process` line runs: `latchkey` with the name of the profile that it asks for, or another program.
 * A line of our own is never run from here, or the daemon would wait for itself.
 */
export type CredentialProcess = { type: 'own'; profile: string } | { type: 'foreign'; program: string }

/** Reads a `credential_process` line as the shell-like splitters of the SDKs do. */
export function parseCredentialProcess(line: string): CredentialProcess {
  const words = credentialProcessWords(line)
  const start = words.findIndex(isOwnProgram)
  if (start === -1) return { type: 'foreign', program: words[0] ?? '' }
  const names = words.slice(start + 1).filter((word) => !word.startsWith('-'))
  const profile = names[0] === 'aws' ? names[2] : names[0]
  return profile === undefined ? { type: 'foreign', program: words[0]! } : { type: 'own', profile }
}

/** Whether a word of such a line names latchkey. */
export function isOwnProgram(word: string): boolean {
  return /(^|\/)latchkey(-credentials)?(\.cjs)?$/.test(word)
}

/**
 * The words of such a line, as a POSIX shell has them: parts that touch are one word, so that `'it'\''s'` is `it's`. A quote
 * that is never closed is itself.
 */
export function credentialProcessWords(line: string): string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|\S)+/g) ?? []
  return words.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, escaped?: string) =>
        double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
    ),
  )
}
