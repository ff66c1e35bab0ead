import { isIP } from 'node:net'
import { defaultPort, formatHostName, type HostName, parseHostName } from '../../ssh/known-hosts/host-name.ts'

/** What may be in the name of a host: nothing that means more than itself in known_hosts. */
const nameForm = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/

/** Reads names for known_hosts, each once: `name`, an address, or `[name]:port`. @returns undefined where one is none */
export function hostNamesOf(texts: readonly string[]): readonly HostName[] | undefined {
  const names = new Map<string, HostName>()
  for (const text of texts) {
    const { host, port = defaultPort } = parseHostName(text) ?? {}
    if (host === undefined || !(nameForm.test(host) || (isIP(host) > 0 && !host.includes('%')))) return undefined
    names.set(formatHostName({ host, port }), { host, port })
  }
  return [...names.values()]
}
