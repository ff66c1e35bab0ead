/** Whether the memory and the open files of the daemon can be looked at: it makes itself unreadable to all but root. */
export const maySeeDaemon = process.platform === 'linux' && process.getuid?.() === 0

/** Whether a process with this id is there, ended but not waited for included. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
