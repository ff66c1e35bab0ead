/** Lets a limited number of tasks run at once; the others wait in the order in which they came. */
export interface Turns {
  run<T>(work: () => Promise<T> | T): Promise<T>
}

/** Turns that nobody has taken yet. @param atOnce how many tasks may run at the same time */
export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = []
  let running = 0

  return {
    async run(work) {
      if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      try {
        return await work()
      } finally {
        // Hand the place straight to the next in line, so that a newcomer cannot take it first.
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}
