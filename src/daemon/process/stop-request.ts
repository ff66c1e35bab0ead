/** The request that the daemon stop. */
export interface StopRequest {
  requested: Promise<void>
  signal: AbortSignal
  now: () => void
}

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Listens for signals. One that comes before the daemon has started counts all the same. */
export function stopRequest(signals: readonly NodeJS.Signals[] = stopSignals): StopRequest {
  const controller = new AbortController()
  const { signal } = controller
  const now = () => controller.abort()
  const requested = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  for (const name of signals) process.on(name, now)
  return { requested, signal, now }
}
