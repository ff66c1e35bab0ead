/** Runs at most one call per key at a time; callers that arrive in the meantime share its outcome. */
export interface SingleFlight<T> {
  run(key: string, call: () => Promise<T>): Promise<T>
}

/** Shares the calls of one kind; none is under way at first. */
export function createSingleFlight<T>(): SingleFlight<T> {
  const pending = new Map<string, Promise<T>>()
  return {
    run(key, call) {
      const running = pending.get(key)
      if (running !== undefined) return running
      const started = Promise.resolve()
        .then(call)
        .finally(() => pending.delete(key))
      pending.set(key, started)
      return started
    },
  }
}
