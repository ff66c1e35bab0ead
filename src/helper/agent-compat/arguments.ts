import { parseSshTime } from './lifetime.ts'

/** For which shell the lines are; undefined: that of SHELL. */
export type ShellKind = 'sh' | 'csh'

/** What both ways of running the agent have in common. */
interface AgentTerms {
  address: string | undefined
  /** Undefined: keys stay until they are removed. */
  lifetimeSeconds: number | undefined
  /** The options that were given and change nothing. */
  ignored: readonly string[]
}

/** What a command line of ssh-agent asks for (ssh-agent(1)). */
export type AgentOrder =
  | (AgentTerms & { type: 'background'; shell: ShellKind | undefined })
  | (AgentTerms & { type: 'foreground'; shell: ShellKind | undefined; isVerbose: boolean })
  | (AgentTerms & { type: 'command'; command: readonly string[] })
  | { type: 'kill'; shell: ShellKind | undefined }
  | { type: 'clean-up'; ignored: readonly string[] }
  | { type: 'version' }
  | { type: 'misused'; complaint: string }

/** Given on the command line, in this order: the letter, and its value where it takes one. */
interface GivenOption {
  letter: string
  value: string
}

const flags = 'cDdksTuUV'
const valued = 'aEOPt'
/** What may be given with -O (ssh-agent(1) of OpenSSH 10): each lets a provider or a FIDO key do more. */
const knownSettings = /^(no-restrict-websafe|allow-remote-pkcs11|websafe-allow=.*)$/s

/** Reads the command line of ssh-agent, the option letters joined or not, up to the first word that is no option. */
export function parseAgentArguments(args: readonly string[]): AgentOrder {
  const read = readOptions(args)
  if (typeof read === 'string') return misused(read)
  const { options, command } = read
  const has = (letter: string) => options.some((option) => option.letter === letter)
  const valuesOf = (letter: string) => options.filter((option) => option.letter === letter).map(({ value }) => value)
  if (has('V')) return { type: 'version' }
  if (command[0] === '') return misused('the name of the command is empty')

  const complaint = complaintOf(options, command, valuesOf)
  if (complaint !== undefined) return misused(complaint)

  const shell = has('c') ? 'csh' : has('s') ? 'sh' : undefined
  const ignored = options.filter(changesNothing).map(({ letter, value }) => `-${letter}${value && ` ${value}`}`)
  if (has('k')) return { type: 'kill', shell }
  if (has('u')) return { type: 'clean-up', ignored }
  // 0 is no limit, as with ssh-agent.
  const lifetimeSeconds = parseSshTime(valuesOf('t').at(-1) ?? '0') || undefined
  const terms = { address: valuesOf('a').at(-1), lifetimeSeconds, ignored }
  if (command.length > 0) return { type: 'command', command, ...terms }
  return has('d') || has('D')
    ? { type: 'foreground', shell, isVerbose: has('d'), ...terms }
    : { type: 'background', shell, ...terms }
}

const misused = (complaint: string): AgentOrder => ({ type: 'misused', complaint })

/** @returns what is wrong where it cannot be read */
function readOptions(args: readonly string[]): { options: GivenOption[]; command: readonly string[] } | string {
  const options: GivenOption[] = []
  let next = 0
  while (next < args.length) {
    const word = args[next]!
    if (!/^-./s.test(word)) break
    next += 1
    if (word === '--') break
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at]!
      if (flags.includes(letter)) options.push({ letter, value: '' })
      else if (!valued.includes(letter)) return `unknown option -${letter}`
      else {
        const joined = word.slice(at + 1)
        const value = joined === '' ? args[next++] : joined
        if (value === undefined) return `-${letter} needs a value`
        options.push({ letter, value })
        break
      }
    }
  }
  return { options, command: args.slice(next) }
}

function complaintOf(
  options: readonly GivenOption[],
  command: readonly string[],
  valuesOf: (letter: string) => readonly string[],
): string | undefined {
  const count = (letters: string) => options.filter(({ letter }) => letters.includes(letter)).length
  const unfit = options.find(({ letter }) => 'cksdDu'.includes(letter))
  if (count('c') > 0 && count('s') > 0) return '-c and -s exclude each other'
  if (count('dD') > 1) return '-d and -D are given once'
  if (count('P') > 1) return '-P is given once'
  if (command.length > 0 && unfit !== undefined) return `-${unfit.letter} goes without a command`
  const address = valuesOf('a').at(-1)
  if (address === '') return '-a needs a path'
  const time = valuesOf('t').find((text) => parseSshTime(text) === undefined)
  if (time !== undefined) return `-t ${time} is not a lifetime, such as 600, 10m or 1h30m`
  const hash = valuesOf('E').find((name) => !/^(md5|sha256)$/i.test(name))
  if (hash !== undefined) return `-E ${hash} is not md5 or sha256`
  const setting = valuesOf('O').find((name) => !knownSettings.test(name))
  return setting === undefined ? undefined : `unknown option -O ${setting}`
}

/** Not -P: no provider is loaded whatever the list says, which is what a list is there for. */
function changesNothing({ letter, value }: GivenOption): boolean {
  return 'TuUO'.includes(letter) || (letter === 'E' && value.toLowerCase() === 'md5')
}
