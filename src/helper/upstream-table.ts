import type { UpstreamAgentStatus } from '../ipc/endpoints/status.ts'
import { formatProblem } from './problem-lines.ts'
import { formatTable } from './text-table.ts'

/** The other agents, for a person; empty where there is none. */
export function formatUpstreams(upstreams: readonly UpstreamAgentStatus[]): string {
  if (upstreams.length === 0) return ''
  const rows = upstreams.map((upstream) => [
    upstream.name,
    keysOf(upstream),
    upstream.adds.length === 0 ? '-' : upstream.adds.join(', '),
    upstream.socket,
  ])
  const problems = upstreams.map(({ name, error }) => formatProblem(error, name))
  return formatTable([['OTHER AGENT', 'KEYS', 'TAKES', 'SOCKET'], ...rows]) + problems.join('')
}

function keysOf({ keys, added, error }: UpstreamAgentStatus): string {
  if (error !== undefined) return 'left out'
  if (keys === undefined) return 'not asked yet'
  return added === 0 ? String(keys) : `${keys}, ${added} added by ssh-add`
}
