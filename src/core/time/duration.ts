const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 }

/**
 * Reads a duration such as `45s`, `15m`, `12h`, `1h30m` (Go's notation, whole numbers, with `d` for days).
 * @returns seconds, or undefined when the text is not a duration
 */
export function parseDurationSeconds(text: string): number | undefined {
  if (!/^(\d+[smhd])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (seconds, [, count, unit]) => seconds + Number(count) * secondsPerUnit[unit!]!,
    0,
  )
}

/** A length of time in whole days: `120 days`, `1 day`; what is shorter as `formatDuration`. */
export function formatDays(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  if (days < 1) return formatDuration(seconds)
  return days === 1 ? '1 day' : `${days} days`
}

/** A short text for a length of time: `11h 58m`, `4m 30s`, `12s`; negative lengths read as `0s`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  if (hours > 0) return minutes > 0 ? `${hours}h ${minutes}m` : `${hours}h`
  if (minutes > 0) return rest > 0 ? `${minutes}m ${rest}s` : `${minutes}m`
  return `${rest}s`
}
