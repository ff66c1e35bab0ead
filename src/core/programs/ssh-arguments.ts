/** What ssh was told on its command line. */
export interface SshArguments {
  /** `[user@]host`, or `ssh://…`; undefined where it connects to nothing. */
  destination: string | undefined
  /** Those of `-o`, by their names in small letters, and `port` of `-p`. */
  settings: ReadonlyMap<string, string>
  /** The letters of the options without a value. */
  flags: string
}

/** The options of ssh(1) that take a value; others may stand before one in the same word. */
const withValue = /(?<!^)[BbcDEeFIiJLlmOoPpQRSWw]/

/**
 * Reads the arguments of ssh(1). Options may stand before the destination and behind it; the first word after that begins
 * the command.
 */
export function readSshArguments(args: readonly string[]): SshArguments {
  const settings = new Map<string, string>()
  let flags = ''
  // ssh keeps the first value that it is given.
  const set = (name: string, value: string) => settings.has(name) || settings.set(name, value)
  let destination: string | undefined
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index]!
    const isOption = word.startsWith('-') && word.length > 1
    if (!isOption) {
      if (destination !== undefined) break
      destination = word
      continue
    }
    if (word === '--') {
      destination ??= args[index + 1]
      break
    }
    const at = word.search(withValue)
    flags += at < 0 ? word.slice(1) : word.slice(1, at)
    if (at < 0) continue
    const attached = word.slice(at + 1)
    if (attached === '') index += 1
    const value = attached === '' ? (args[index] ?? '') : attached
    if (word[at] === 'p') set('port', value)
    const [, name, setting] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)"?([^"\s]+)"?\s*$/.exec(value) ?? []
    if (word[at] === 'o' && name !== undefined && setting !== undefined) set(name.toLowerCase(), setting)
  }
  return { destination, settings, flags }
}
