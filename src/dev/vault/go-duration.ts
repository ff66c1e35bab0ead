const secondsPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
}

/**
 * Reads a duration as Vault does: seconds as a number or digits, or Go's notation (`1h30m`), with `d` for whole days.
 * @returns seconds, rounded down; undefined when it is not a duration. Negative ones are returned as they are
 */
export function parseVaultDuration(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  const text = value.trim()
  if (text === '') return 0
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  const [, sign, parts] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h|d))+)$/.exec(text) ?? []
  if (parts === undefined) return undefined
  const seconds = [...parts.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h|d)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * secondsPerUnit[unit!]!,
    0,
  )
  return Math.trunc(sign === '-' ? -seconds : seconds)
}

/** Whole seconds in Go's notation without the units that are zero, as Vault's warnings have it: `6m`, `1h30m`, `1h5s`. */
export function formatGoDuration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ]
  const parts = units.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`)
  return parts.join('') || '0s'
}
