/** Lets a bounded number of works run at once; the others wait in the order in which they came. */
export interface Turns {
  run<T>(work: () => Promise<T> | T): Promise<T>
}

/** Turns that nobody has taken yet. @param atOnce how many works may run at the same time */
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
        // The place goes to the next one, who must not find it taken by somebody who comes meanwhile.
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}
