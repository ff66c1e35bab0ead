import { displayLine } from '../../core/text/display-text.ts'
import { formatDuration } from '../../core/time/duration.ts'
import type { StaticKeyStatus } from '../../ipc/endpoints/fields.ts'
import type { StaticKeyList } from '../../ipc/endpoints/ssh-keys.ts'
import { formatProblem } from '../problem-lines.ts'
import { formatTable } from '../text-table.ts'

/** The static keys, for a person; empty where there is none and nothing is wrong. */
export function formatStaticKeys({ keys, error }: Pick<StaticKeyList, 'keys' | 'error'>): string {
  const rows = keys.map((key) => [
    key.name,
    key.fingerprint,
    key.isLoaded ? 'in memory' : 'in the keychain',
    key.hosts?.join(' ') ?? 'every host',
    settingsOf(key),
  ])
  const table = rows.length === 0 ? '' : formatTable([['STATIC KEY', 'KEY', 'WHERE', 'HOSTS', ''], ...rows])
  const problems = keys.map((key) => formatProblem(key.error, displayLine(key.name)))
  return table + problems.join('') + formatProblem(error)
}

/** The settings of a key, for the end of a line about it. */
export function describeSettings(key: StaticKeyStatus): string {
  const parts = [...(key.hosts === undefined ? [] : [`for ${key.hosts.join(' ')}`]), settingsOf(key)]
  return parts.map((part) => (part === '' ? '' : `; ${displayLine(part)}`)).join('')
}

function settingsOf({ mustConfirm, lifetimeSeconds }: StaticKeyStatus): string {
  return [
    ...(mustConfirm === true ? ['each use is confirmed'] : []),
    ...(lifetimeSeconds === undefined ? [] : [`stays in memory for ${formatDuration(lifetimeSeconds)}`]),
  ].join('; ')
}
