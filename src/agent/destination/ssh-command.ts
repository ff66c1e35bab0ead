import { basename } from 'node:path'
import { readSshArguments } from '../../core/programs/ssh-arguments.ts'
import { parseHostName } from '../../ssh/known-hosts/host-name.ts'

/** What ssh was told to connect to. */
export interface AskedHost {
  host: string
  port?: number | undefined
}

/**
 * Reads the command line of ssh(1).
 * @returns undefined where it is another program, or connects to nothing
 */
export function askedHost([program, ...args]: readonly string[]): AskedHost | undefined {
  if (program === undefined || basename(program) !== 'ssh') return undefined
  const { destination, settings } = readSshArguments(args)
  if (destination === undefined) return undefined
  const alias = settings.get('hostkeyalias')
  // known_hosts has an alias as it is, without the port (sshconnect.c).
  if (alias !== undefined) return parseHostName(alias)
  const { host, port: ownPort } = readDestination(destination)
  const name = parseHostName(settings.get('hostname') ?? host)
  if (name === undefined) return undefined
  const port = Number(ownPort ?? settings.get('port') ?? Number.NaN)
  return { host: name.host, ...(Number.isInteger(port) && port >= 1 && port <= 65_535 ? { port } : {}) }
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
