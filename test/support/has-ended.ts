import { readFileSync } from 'node:fs'

/** Whether a process is over. A killed one that nobody has waited for yet has ended, too. */
export function hasEnded(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return true
  }
}
