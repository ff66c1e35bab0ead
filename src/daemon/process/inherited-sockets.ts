import { listenVariables } from '../../core/places/environment.ts'

/** The first descriptor that a service manager passes (sd_listen_fds(3), SD_LISTEN_FDS_START). */
export const firstDescriptor = 3
/** latchkey has two sockets; a larger number than this is not meant for it. */
const maxDescriptors = 32

/**
 * The listening sockets that systemd passed to this process, by the FileDescriptorName of their units: `agent`, `api`
 * (sd_listen_fds(3), sd_listen_fds_with_names(3)). The variables are removed: a child must not take them for its own.
 * @param environment the variables of the process itself
 * @param pid our own: variables that were meant for another process, and were passed on by it, mean nothing here
 */
export function takeInheritedSockets(
  environment: Record<string, string | undefined>,
  pid: number,
): ReadonlyMap<string, number> {
  const { LISTEN_PID: forPid, LISTEN_FDS: count = '', LISTEN_FDNAMES: names = '' } = environment
  for (const name of listenVariables) delete environment[name]
  if (forPid !== String(pid) || !/^\d+$/.test(count) || Number(count) > maxDescriptors) return new Map()
  const sockets = new Map<string, number>()
  for (const [index, name] of names.split(':').slice(0, Number(count)).entries()) {
    // Two sockets in one unit have one name: the first counts.
    if (name !== '' && !sockets.has(name)) sockets.set(name, firstDescriptor + index)
  }
  return sockets
}
