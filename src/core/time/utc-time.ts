/** `2026-01-02T03:04:05Z`: whole seconds, rounded down. It is the only form that all AWS consumers read alike. */
export function formatUtc(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}

/** True for a time in that form which exists. */
export function isUtcTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && formatUtcOrNone(text) === text
}

function formatUtcOrNone(text: string): string | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : formatUtc(ms)
}
