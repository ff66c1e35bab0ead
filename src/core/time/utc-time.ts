/** `2026-01-02T03:04:05Z`: whole seconds, rounded down. It is the only form that all AWS consumers read alike. */
export function formatUtc(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
