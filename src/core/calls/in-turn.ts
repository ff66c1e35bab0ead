import { createTurns, type Turns } from './turns.ts'

/** Runs work with the same key one at a time, in the order in which it came; different keys do not wait for each other. */
export interface InTurn<Key> {
  /** Runs `work` once all earlier work under this key has settled, even if it failed. @throws what `work` throws */
  run<T>(key: Key, work: () => Promise<T> | T): Promise<T>
}

/** One queue for each key, kept only while it is needed. For a single queue, use `createTurns(1)`. */
export function createInTurn<Key = string>(): InTurn<Key> {
  const queues = new Map<Key, { turns: Turns; length: number }>()
  return {
    async run(key, work) {
      const queue = queues.get(key) ?? { turns: createTurns(1), length: 0 }
      queues.set(key, queue)
      queue.length += 1
      try {
        return await queue.turns.run(work)
      } finally {
        queue.length -= 1
        if (queue.length === 0) queues.delete(key)
      }
    },
  }
}
