import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { shellWord } from '../text/shell-word.ts'
import { walkPath } from './path-walk.ts'
import { isPrivateGroup } from './private-group.ts'

/** Why a path must not be used. */
export interface PathFault {
  /** Names the path that was asked about, and the folder, link or file on the way to it that is at fault, with its mode. */
  message: string
  /** A command that fixes it. */
  hint: string
}

/** The user for whom a path is checked, and how its parts are inspected. */
export interface PathTrustHost {
  uid: number
  platform: NodeJS.Platform
  /** Does not follow a link. @throws the file system's error */
  lstat(path: string): Pick<Stats, 'uid' | 'gid' | 'mode'>
  readlink(path: string): string
  /** Whether nobody but this user is in the group. */
  isPrivateGroup(gid: number, uid: number): boolean
}

/**
 * Checks whether anybody but the user and root could put another file in the place of `path`, or change its contents:
 * from `/` on, each folder, each link and the file itself must belong to root or to the user and must not be writable by
 * others. Write access is allowed in three cases: for others, to a sticky folder of root's, in which nobody can touch the
 * files of another user (/tmp); for a group of which the user is the only member; and for the group `admin` of macOS,
 * whose members can become root. Links are followed step by step, as the kernel does it: anybody who can redirect one
 * chooses what is found.
 *
 * Synchronous, because the fast path of `aws credentials` uses it as well: a check takes some microseconds. A path that
 * passes can then be used by its name: between the check and the use, only the user and root can change it.
 * An access control list shows up in the mode as permissions of the group, so it is refused too, unless the group is the
 * user's own.
 * @returns undefined if all is well, or if the path does not exist: opening it then gives the system's error
 */
export function findPathFault(path: string, host: PathTrustHost = processHost()): PathFault | undefined {
  const seen = walk(path, host)
  if (seen === undefined) return undefined
  const { at, problem, remedy } = seen
  const message = at === path ? `${at} ${problem}` : `${path} is not safe to use: ${at} ${problem}`
  return { message, hint: remedy }
}

const typeBits = 0o170000
const folderType = 0o040000
const linkType = 0o120000
const sticky = 0o1000
/** `admin` of macOS. */
const adminGroup = 80

interface Fault {
  at: string
  problem: string
  remedy: string
}

function walk(path: string, host: PathTrustHost): Fault | undefined {
  let fault = look('/', host).fault
  if (fault !== undefined) return fault
  const circleAt = walkPath(path, {
    visit(at) {
      const seen = look(at, host)
      fault = seen.fault
      if (fault !== undefined || seen.type === undefined) return 'stop'
      return seen.type === linkType ? 'link' : 'entry'
    },
    readlink: host.readlink,
  })
  if (circleAt === undefined) return fault
  return { at: circleAt, problem: 'is a link that leads in a circle', remedy: `ls -l ${shellWord(circleAt)}` }
}

/** One step; its type is undefined if there is nothing, or nothing that we may see: then there is nothing to use either. */
function look(at: string, host: PathTrustHost): { fault?: Fault; type?: number } {
  let entry: ReturnType<PathTrustHost['lstat']>
  try {
    entry = host.lstat(at)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG'].includes(code)) return {}
    return { fault: { at, problem: `cannot be examined (${code})`, remedy: `ls -ld ${shellWord(at)}` } }
  }
  const type = entry.mode & typeBits
  const fault = ownerFault(at, entry, host) ?? (type === linkType ? undefined : writeFault(at, entry, host))
  return fault === undefined ? { type } : { fault }
}

/** The permissions of a mode as chmod(1) writes them. */
export const octal = (mode: number) => (mode & 0o7777).toString(8)

function ownerFault(at: string, { uid, mode }: { uid: number; mode: number }, host: PathTrustHost): Fault | undefined {
  if (uid === 0 || uid === host.uid) return undefined
  return {
    at,
    problem: `belongs to another user (uid ${uid}, mode ${octal(mode)})`,
    remedy: `use a folder of your own, or see who owns this one: ls -ld ${shellWord(at)}`,
  }
}

function writeFault(
  at: string,
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
  host: PathTrustHost,
): Fault | undefined {
  if ((mode & 0o022) === 0) return undefined
  if ((mode & typeBits) === folderType && (mode & sticky) !== 0 && uid === 0) return undefined
  const isAdmin = host.platform === 'darwin' && gid === adminGroup
  const byGroup = (mode & 0o020) !== 0 && !isAdmin && !host.isPrivateGroup(gid, host.uid)
  const byOthers = (mode & 0o002) !== 0
  if (!byGroup && !byOthers) return undefined
  const who = byGroup && byOthers ? 'go' : byGroup ? 'g' : 'o'
  return {
    at,
    problem: `can be changed by ${byOthers ? 'other users' : `the group ${gid}`} (mode ${octal(mode)})`,
    remedy: `${uid === host.uid ? '' : 'sudo '}chmod ${who}-w ${shellWord(at)}`,
  }
}

function processHost(): PathTrustHost {
  return {
    uid: process.getuid!(),
    platform: process.platform,
    lstat: lstatSync,
    readlink: (path) => readlinkSync(path),
    isPrivateGroup,
  }
}
