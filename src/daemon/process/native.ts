import type { Socket } from 'node:net'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { PeerCredentials } from '../../ipc/sockets/peer-credentials.ts'

/** System calls that Node does not offer. Each does nothing if it is not available. */
export interface Native {
  /** The process that connected; undefined if it is not known. */
  peerCredentials(socket: Socket): PeerCredentials | undefined
  /** Keeps other processes of the same user from reading our memory and environment (prctl(2), PR_SET_DUMPABLE). */
  setNotDumpable(): boolean
  /** Prevents a core file when the process crashes (setrlimit(2), RLIMIT_CORE). */
  forbidCoreDumps(): boolean
  /** Sends a message to the service manager from this process itself (sd_notify(3)). */
  notify(socketPath: string, message: string): boolean
  /** Gives memory that was freed back to the system, where the C library keeps it (malloc_trim(3), glibc). */
  returnFreeMemory(): void
}

/** The part of koffi that is used: foreign functions by their C declarations. */
export interface ForeignFunctions {
  load(library: null): { func(declaration: string): (...args: unknown[]) => unknown }
}

/** What loading the system calls needs. */
export interface NativeDeps {
  log: Logger
  platform?: NodeJS.Platform
  load?: () => Promise<ForeignFunctions>
}

/** The system calls of this platform, through koffi. If that optional package is missing, the log says so. */
export async function loadNative({ log, platform = process.platform, load = loadKoffi }: NativeDeps): Promise<Native> {
  try {
    // The program itself: it is linked with the C library, whatever that is called here.
    const library = (await load()).load(null)
    if (platform === 'linux') return linuxCalls(library)
    if (platform === 'darwin') return macosCalls(library)
    log.info('less hardened: no system calls are known for this platform', { platform })
  } catch (error) {
    log.info('less hardened: koffi cannot be loaded', { reason: describeError(error) })
  }
  return noCalls
}

async function loadKoffi(): Promise<ForeignFunctions> {
  return await import('koffi')
}

const noCalls: Native = {
  peerCredentials: () => undefined,
  setNotDumpable: () => false,
  forbidCoreDumps: () => false,
  notify: () => false,
  returnFreeMemory: () => {},
}

type Library = ReturnType<ForeignFunctions['load']>

function linuxCalls(library: Library): Native {
  const getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, void *size)')
  const prctl = library.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')
  return {
    peerCredentials(socket) {
      // struct ucred of unix(7)
      const [pid, uid] = readOption(socket, getsockopt, { level: solSocket, name: soPeercred, words: 3 }) ?? []
      return uid === undefined ? undefined : { pid, uid }
    },
    setNotDumpable: () => prctl(prSetDumpable, 0, 0, 0, 0) === 0,
    forbidCoreDumps: coreLimit(library),
    notify: datagram(library),
    returnFreeMemory: trim(library),
  }
}

/** Written from the manual pages getpeereid(3) and unix(4) of macOS; not tested. */
function macosCalls(library: Library): Native {
  const getpeereid = library.func('int getpeereid(int fd, void *uid, void *gid)')
  const getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, void *size)')
  return {
    ...noCalls,
    peerCredentials(socket) {
      const fd = descriptorOf(socket)
      const [uid, gid] = [new Uint32Array(1), new Uint32Array(1)]
      if (fd === undefined || getpeereid(fd, uid, gid) !== 0) return undefined
      const [pid] = readOption(socket, getsockopt, { level: solLocal, name: localPeerpid, words: 1 }) ?? []
      return { uid: uid[0]!, pid }
    },
    forbidCoreDumps: coreLimit(library),
  }
}

// asm-generic/socket.h; powerpc has numbers of its own.
const solSocket = 1
const soPeercred = process.arch === 'ppc64' ? 21 : 17
// sys/un.h of macOS
const solLocal = 0
const localPeerpid = 2
// linux/prctl.h
const prSetDumpable = 4
// sys/resource.h, on Linux and macOS
const rlimitCore = 4
// sys/socket.h of Linux
const afUnix = 1
const sockDgram = 2
const sockCloexec = 0o2000000
const msgNosignal = 0x4000
/** sizeof(sun_path), unix(7) */
const maxNameBytes = 108

type Call = (...args: unknown[]) => unknown

/** A socket option that consists of 32-bit words; undefined if it cannot be read whole. */
function readOption(
  socket: Socket,
  getsockopt: Call,
  { level, name, words }: { level: number; name: number; words: number },
): Uint32Array | undefined {
  const fd = descriptorOf(socket)
  const value = new Uint32Array(words)
  const size = new Uint32Array([value.byteLength])
  if (fd === undefined || getsockopt(fd, level, name, value, size) !== 0) return undefined
  return size[0] === value.byteLength ? value : undefined
}

/** Not documented by Node, so every step is checked. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null }
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}

function coreLimit(library: Library): () => boolean {
  const setrlimit = library.func('int setrlimit(int resource, const void *limit)')
  // struct rlimit: two zeros, of 8 bytes at most.
  return () => setrlimit(rlimitCore, new Uint8Array(16)) === 0
}

function trim(library: Library): () => void {
  try {
    const mallocTrim = library.func('int malloc_trim(size_t pad)')
    return () => void mallocTrim(0)
  } catch {
    // The C library is another one, such as musl, and nothing is less safe for that.
    return noCalls.returnFreeMemory
  }
}

function datagram(library: Library): Native['notify'] {
  const socket = library.func('int socket(int domain, int type, int protocol)')
  const sendto = library.func(
    'long sendto(int fd, const void *message, size_t size, int flags, const void *address, uint addressSize)',
  )
  const close = library.func('int close(int fd)')
  return (socketPath, message) => {
    // A leading @ stands for the NUL of an abstract name (sd_notify(3)); vsock is left to systemd-notify(1).
    const name = Buffer.from(socketPath.replace(/^@/, '\0'))
    if (!/^[/@]/.test(socketPath) || name.length >= maxNameBytes) return false
    // struct sockaddr_un: the family in the machine's byte order, then the name.
    const address = Buffer.concat([new Uint8Array(Uint16Array.of(afUnix).buffer), name])
    const bytes = Buffer.from(message)
    const fd = socket(afUnix, sockDgram | sockCloexec, 0)
    if (typeof fd !== 'number' || fd < 0) return false
    try {
      return sendto(fd, bytes, bytes.length, msgNosignal, address, address.length) === bytes.length
    } finally {
      close(fd)
    }
  }
}
