import { formatDays } from '../core/time/duration.ts'
import type { ReportedKey } from '../ipc/endpoints/fields.ts'
import { formatWarnings } from './problem-lines.ts'
import { formatTable } from './text-table.ts'

/** Long-term keys with their age and use, as AWS said when it was last asked, and below them what is wrong. */
export function formatKeyTable(keys: readonly ReportedKey[], nowMs: number): string {
  const heading = ['ACCESS KEY OF', 'ID', 'AGE', 'LAST USED', 'AS OF']
  const rows = keys.map((key) => [
    key.source,
    key.accessKeyId,
    keyAge(key, nowMs),
    lastUse(key),
    key.seen?.seenAt ?? '-',
  ])
  const warnings = keys.map(({ source, seen }) =>
    seen?.warning === undefined ? '' : formatWarnings([seen.warning], source),
  )
  return formatTable([heading, ...rows]) + warnings.join('')
}

/** How old a key is, or a dash where AWS was never asked. */
export function keyAge({ seen }: ReportedKey, nowMs: number): string {
  return seen === undefined ? '-' : formatDays((nowMs - Date.parse(seen.createdAt)) / 1000)
}

/** When a key was last used, as far as AWS has said. */
export function lastUse({ seen }: ReportedKey): string {
  if (seen?.use === 'never') return 'never'
  return seen?.lastUsedAt ?? '-'
}
