/**
 * Runs a function later unless the returned one is called. The first timer of a process costs 0.5 ms. It is made once the request is on its way, so that this passes while the
 * daemon works.
 */
export function laterTimer(delayMs: number, run: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const start = setImmediate(() => {
    timer = setTimeout(run, delayMs)
  })
  return () => {
    clearImmediate(start)
    clearTimeout(timer)
  }
}
