import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Has V8 keep the heap small, as `--optimize-for-size` does on the command line, however the daemon was started: it
 * collects before the heap grows, and again some seconds after, when nothing happens any more. V8 reads this flag
 * whenever it collects (Heap::ShouldOptimizeForMemoryUsage); sizes, such as `--max-semi-space-size`, it reads at its
 * start alone (ADR 0020).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size')
}

/** V8's collector of all garbage, which is had when it is first used: many daemons never need it. */
export function garbageCollector(): () => void {
  let collect: (() => void) | undefined
  return () => {
    collect ??= exposedCollector()
    collect()
  }
}

/** V8 gives it to contexts that are made while the flag is set, and to no other (Node's v8.setFlagsFromString). */
function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return collect
}
