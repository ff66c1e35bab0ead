import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../core/clock.ts'

/** Soon, and once for all that are let go meanwhile: a collection takes 10 ms, or 100 where there is much to free. */
const delayMs = 1_000

/**
 * Takes the private keys out of memory that nobody holds any more: Node frees a key together with its garbage, which a
 * process that mostly waits collects hours later, and whose collector does not know how much memory a key takes.
 * @param collect frees all garbage at once
 * @returns to be called whenever a key has been let go
 */
export function createKeyDisposal(clock: Clock, collect: () => void = collectGarbage): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    clock.after(delayMs, () => {
      isDue = false
      collect()
    })
  }
}

let collector: (() => void) | undefined

/** V8 gives its collector to contexts that are made while this flag is set, and to no other. */
function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
    setFlagsFromString('--no-expose-gc')
  }
  collector()
}
