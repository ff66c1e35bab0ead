import type { AddedKeyStatus } from '../ipc/endpoints/status.ts'
import { formatTable } from './text-table.ts'

const shownKeys = 10

/**
 * How many keys `ssh-add` has added, and the first of them, for a person; empty where there is none.
 * @param left how much of their time is left
 */
export function formatAddedKeys(
  count: number,
  keys: readonly AddedKeyStatus[],
  left: (time: string | undefined) => string,
): string {
  if (count === 0) return ''
  const rows = keys
    .slice(0, shownKeys)
    .map(({ comment, key, expiresAt, isEnded, mustConfirm, destinations = [] }) => [
      comment,
      key,
      isEnded === true ? 'certificate has ended' : left(expiresAt),
      [
        ...(mustConfirm === true ? ['each use is confirmed'] : []),
        ...(destinations.length > 0 ? [`for ${destinations.join(', ')}`] : []),
      ].join('; '),
    ])
  return `keys added with ssh-add: ${count}\n${rows.length === 0 ? '' : formatTable(rows, '  ')}`
}
