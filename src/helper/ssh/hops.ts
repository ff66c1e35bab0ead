import { shellWord } from '../../core/text/shell-word.ts'

/** A host of ProxyJump, which may have a port, as ssh takes it for a destination. */
export function hopDestination(hop: string): string {
  const hasPort = /:\d+$/.test(hop) && (hop.includes(']:') || !/:.*:/.test(hop))
  return hasPort && !hop.startsWith('ssh://') ? `ssh://${hop}` : hop
}

/**
 * The command that explains a host on the way. ssh logs in to it by itself, and hands on which ssh_config to read.
 * @param options of the whole login
 */
export function explainHop(hop: string, options: readonly string[], ...more: readonly string[]): string {
  const at = options.indexOf('-F')
  const config = at < 0 ? [] : options.slice(at, at + 2)
  return ['latchkey', 'ssh', 'explain', ...more, ...config, hopDestination(hop)].map(shellWord).join(' ')
}
