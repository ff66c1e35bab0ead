import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Makes V8 keep the heap small, as `--optimize-for-size` does on the command line, however the daemon was started: V8 then
 * collects before the heap grows, and again some seconds after activity has stopped. V8 reads this flag whenever it
 * collects (Heap::ShouldOptimizeForMemoryUsage); sizes, such as `--max-semi-space-size`, it reads only at its start
 * (ADR 0020). A heap so small is collected often, and in no time: handing parts of it to other threads costs more.
 *
 * On Node 20 besides, the optimising compiler is started for what runs for long alone: not for a function only because it
 * is small, and not by what a person does in a minute, both of which would bring its pages in. What V8 learns about a
 * function, for that compiler and for its own caches, is not kept before the function has run some sixty times: most of a
 * daemon runs a few times at its start, or once an hour.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size')
  setFlagsFromString('--no-parallel-scavenge')
  // V8 11 is that of Node 20. Later ones do not know these flags, and complain.
  if (!process.versions.v8.startsWith('11.')) return
  setFlagsFromString('--max-bytecode-size-for-early-opt=0')
  setFlagsFromString('--ticks-before-optimization=8')
  setFlagsFromString('--interrupt-budget-factor-for-feedback-allocation=64')
}

/** V8's full garbage collection. It is set up when it is first used: many daemons never need it. */
export function garbageCollector(): () => void {
  let collect: (() => void) | undefined
  return () => {
    collect ??= exposedCollector()
    collect()
  }
}

/** V8 exposes it only in contexts that are created while the flag is set (Node's v8.setFlagsFromString). */
function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return collect
}
