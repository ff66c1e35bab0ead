import { shellWord } from '../core/text/shell-word.ts'
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
  const warnings = keys.map(({ source, seen, rotation }) =>
    formatWarnings(
      [
        ...(seen?.warning === undefined ? [] : [seen.warning]),
        ...(rotation === undefined ? [] : [describeRotation(source, rotation)]),
      ],
      source,
    ),
  )
  return formatTable([heading, ...rows]) + warnings.join('')
}

function describeRotation(
  source: string,
  { state, formerKeyId, retiredAt }: NonNullable<ReportedKey['rotation']>,
): string {
  const command = `latchkey aws keys rotate ${shellWord(source)}`
  return state === 'under-way'
    ? `its rotation has stopped on the way: ${command} goes on with it`
    : `${formerKeyId}, which it has replaced, is inactive since ${retiredAt} and still there: ${command} --finish`
}

/** The sources whose rotation is not finished, where nothing more is known of it. */
export function formatRotations(sources: readonly string[]): string {
  return formatWarnings(
    sources.map((source) => `the rotation of the key of ${source} is not finished: latchkey aws keys list`),
  )
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
