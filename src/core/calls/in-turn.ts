import { createTurns, type Turns } from './turns.ts'

/** Runs what belongs together one after the other, in the order in which it came; different keys do not wait for each other. */
export interface InTurn<Key> {
  /** Runs `work` when all that came before it under this key has ended, well or not. @throws what `work` throws */
  run<T>(key: Key, work: () => Promise<T> | T): Promise<T>
}

/** A queue for each key, as long as it is needed. What has but one queue takes `createTurns(1)`. */
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
