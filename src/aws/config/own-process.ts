/**
 * What a `credential_process` line runs: `latchkey` with the name of the profile that it asks for, latchkey in a way that
 * yields no credentials, or another program. A line of our own is never run from here, or the daemon would wait for itself.
 */
export type CredentialProcess =
  | { type: 'own'; profile: string }
  /** `mistake` follows the name of the key; `profile` is the one that is probably meant. */
  | { type: 'wrong'; mistake: string; profile?: string }
  | { type: 'foreign'; program: string }

/** What runs another program, which stands behind it and its options. */
const runners: ReadonlySet<string> = new Set(
  'env bash dash ksh sh zsh command exec flock ionice nice nohup setsid stdbuf time timeout'.split(' '),
)
const shells = /(^|\/)(ba|da|k|z)?sh$/
/** A variable before a command: only a shell sets it, and the AWS CLI runs none. */
const assignment = /^\w+=/

/** The words of a line that runs latchkey, and which of them is latchkey. */
export interface OwnWords {
  words: readonly string[]
  at: number
  /** A shell reads it. */
  isOfShell: boolean
}

/** Reads a `credential_process` line as the shell-like splitters of the SDKs do. */
export function parseCredentialProcess(line: string): CredentialProcess {
  const own = ownWords(line)
  if (own === undefined) return { type: 'foreign', program: credentialProcessWords(line)[0] ?? '' }
  const { words, at, isOfShell } = own
  const args = isOfShell ? untilOperator(words.slice(at + 1)) : words.slice(at + 1)
  const isShort = words[at]!.endsWith('-credentials')
  const names = isShort ? args : args.slice(2)
  const [profile, ...others] = names[0] === '--' ? names.slice(1) : names
  const wrong = (mistake: string): CredentialProcess => {
    const meant = args.filter((word) => !/^(-.*|aws|credentials?)$/.test(word)).at(-1)
    return { type: 'wrong', mistake, ...(meant === undefined ? {} : { profile: meant }) }
  }
  if (!isOfShell && assignment.test(words[0]!))
    return wrong(`begins with a variable, which only a shell sets: write env before it`)
  if (!isShort && (args[0] !== 'aws' || args[1] !== 'credentials'))
    return wrong('runs latchkey with another command than aws credentials')
  if (profile === undefined) return wrong('names no profile')
  if (profile.startsWith('-') && names[0] !== '--') return wrong(`has ${profile}, which is no option`)
  return others.length === 0 ? { type: 'own', profile } : wrong('has more behind the name of the profile')
}

/** Finds latchkey where it is the program of a line, be it behind another one that runs it; undefined where it is not. */
export function ownWords(line: string): OwnWords | undefined {
  const outer = credentialProcessWords(line)
  const command = shells.test(outer[0] ?? '') ? outer.findIndex((word) => /^-[a-z]*c$/.test(word)) + 1 : 0
  const isOfShell = command > 0
  const words = isOfShell ? credentialProcessWords(outer[command] ?? '') : outer
  const at = words.findIndex(isOwnProgram)
  if (at === -1 || !isRun(words, at)) return undefined
  return isOfShell ? { words: [outer[0]!, ...words], at: at + 1, isOfShell } : { words, at, isOfShell }
}

function isRun(words: readonly string[], at: number): boolean {
  const first = words.findIndex((word) => !assignment.test(word))
  const program = words[first]!.split('/').at(-1)!
  if (first === at || runners.has(program) || words[at + 1] === 'aws') return true
  // What follows its script is for that.
  return /^node(js)?$/.test(program) && words.slice(first + 1, at).every((word) => word.startsWith('-'))
}

/** Redirections and what runs after it are the shell's. */
function untilOperator(words: readonly string[]): string[] {
  const end = words.findIndex((word) => /^([;&|]|\d*[<>])/.test(word))
  const last = words.findIndex((word) => word.endsWith(';'))
  if (last !== -1 && (end === -1 || last < end)) return [...words.slice(0, last), words[last]!.slice(0, -1)]
  return end === -1 ? [...words] : words.slice(0, end)
}

/** Whether a word of such a line names latchkey. */
function isOwnProgram(word: string): boolean {
  return /(^|\/)latchkey(-credentials)?(\.cjs)?$/.test(word)
}

/**
 * The words of such a line, as a POSIX shell has them: parts that touch are one word, so that `'it'\''s'` is `it's`. A quote
 * that is never closed is itself.
 */
function credentialProcessWords(line: string): string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|\S)+/g) ?? []
  return words.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, escaped?: string) =>
        double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
    ),
  )
}
