/** The request that the daemon stop. */
export interface StopRequest {
  requested: Promise<void>
  signal: AbortSignal
  now: () => void
}

/** Listens for signals. One that comes before the daemon has started counts all the same. */
export function stopRequest(): StopRequest {
  const controller = new AbortController()
  const { signal } = controller
  const now = () => controller.abort()
  const requested = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, now)
  return { requested, signal, now }
}
