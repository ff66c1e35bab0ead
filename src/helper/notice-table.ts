import type { NoticeStatus } from '../ipc/endpoints/status.ts'
import { formatTable } from './text-table.ts'

/** What a server refused the agent cannot know: this is what the agent did not do. Empty where there is nothing. */
export function formatNotices(notices: readonly NoticeStatus[]): string {
  if (notices.length === 0) return ''
  const rows = notices.map(({ at, reason, count, key, peer, host }) => [
    at,
    count > 1 ? `${reason} (${count} times)` : reason,
    peer ?? '-',
    host ?? '-',
    key ?? '-',
  ])
  return `\nwhat ssh did not get from the agent (what a server refused, the agent cannot know):\n${formatTable([['LAST', 'WHAT', 'WHO ASKED', 'HOST KEY', 'KEY'], ...rows])}`
}
