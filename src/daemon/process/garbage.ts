import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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
