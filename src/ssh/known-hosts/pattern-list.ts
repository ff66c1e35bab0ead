import { parseHostName } from './host-name.ts'

/** Longer than any name with its port (RFC 1035 §2.3.4). */
const maxLength = 263
/** Names, addresses with a zone, and wildcards; what separates, marks, hashes or hides is not among it. */
const safe = /^[A-Za-z0-9._:%*?-]+$/

/**
 * What is wrong with one of the patterns for the hosts of a line in known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), as the
 * end of a sentence; undefined if nothing is. It may be written into a file that decides whom ssh trusts, so nothing in it
 * can end its field or begin another line.
 */
export function listedPatternMistake(text: string): string | undefined {
  if (text.length > maxLength) return `longer than ${maxLength} characters`
  const host = hostOf(text)
  return host !== undefined && safe.test(host)
    ? undefined
    : 'not a host of known_hosts: write a name, a pattern such as "*.example.com", "[name]:port", or one of them after "!"'
}

/** Whether a pattern fits hosts whatever they are called: nothing of a name stands in it. */
export function fitsEveryHost(text: string): boolean {
  return !isExclusion(text) && !/[A-Za-z0-9]/.test(hostOf(text) ?? '')
}

/** Whether it excludes hosts instead of naming them. */
export const isExclusion = (text: string): boolean => text.startsWith('!')

/** The host in a pattern, without `!`, brackets and port. */
function hostOf(text: string): string | undefined {
  const [, named = ''] = /^!?(.*)$/s.exec(text) ?? []
  // known_hosts matches wildcards in the port, too.
  return parseHostName(named.replace(/\]:\*$/, ']:22'))?.host
}
