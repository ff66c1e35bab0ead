import { basename } from 'node:path'
import { parseHostName } from '../../ssh/known-hosts/host-name.ts'

/** What ssh was told to connect to. */
export interface AskedHost {
  host: string
  port?: number | undefined
}

/** The options of ssh(1) that take a value; others may stand before one in the same word. */
const withValue = /(?<!^)[BbcDEeFIiJLlmOoPpQRSWw]/

/**
 * Reads the command line of ssh(1).
 * @returns undefined where it is another program, or connects to nothing
 */
export function askedHost([program, ...args]: readonly string[]): AskedHost | undefined {
  if (program === undefined || basename(program) !== 'ssh') return undefined
  const { destination, settings } = readArguments(args)
  if (destination === undefined) return undefined
  const { host, port: ownPort } = readDestination(destination)
  // known_hosts has the name that these set (ssh_config(5)).
  const name = parseHostName(settings.get('hostkeyalias') ?? settings.get('hostname') ?? host)
  if (name === undefined) return undefined
  const port = Number(ownPort ?? settings.get('port') ?? Number.NaN)
  return { host: name.host, ...(Number.isInteger(port) && port >= 1 && port <= 65_535 ? { port } : {}) }
}

/** Options may stand before the destination and behind it; the first word after that begins the command. */
function readArguments(args: readonly string[]): { destination: string | undefined; settings: Map<string, string> } {
  const settings = new Map<string, string>()
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
    if (at < 0) continue
    const attached = word.slice(at + 1)
    if (attached === '') index += 1
    const value = attached === '' ? (args[index] ?? '') : attached
    if (word[at] === 'p') set('port', value)
    const [, name, setting] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)"?([^"\s]+)"?\s*$/.exec(value) ?? []
    if (word[at] === 'o' && name !== undefined && setting !== undefined) set(name.toLowerCase(), setting)
  }
  return { destination, settings }
}

/** `[user@]host` or `ssh://[user@]host[:port]`; a user may hold an `@`. */
function readDestination(destination: string): { host: string; port?: string | undefined } {
  const scheme = 'ssh://'
  if (!destination.startsWith(scheme)) return { host: destination.slice(destination.lastIndexOf('@') + 1) }
  const place = destination.slice(scheme.length).replace(/\/$/, '')
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(place.slice(place.lastIndexOf('@') + 1)) ?? []
  return { host: bracketed ?? plain ?? '', port }
}
