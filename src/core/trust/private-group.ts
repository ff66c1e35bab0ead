import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Whether a group is the user's own, as Debian, Fedora and their kin create one for each user (useradd(8),
 * USERGROUPS_ENAB): it is the user's primary group, has the user's name, and nobody else is in it, neither through
 * /etc/group nor as their primary group. A group without members is not enough: programs and services are put into such
 * groups when they start. Users and groups of a directory service are not in these files, so they have no private group
 * here: looking them up would take a program.
 */
export function isPrivateGroup(gid: number, uid: number): boolean {
  return isPrivateIn(readTable('/etc/passwd'), readTable('/etc/group'), gid, uid)
}

/** The same for the text of passwd(5) and group(5). */
export function isPrivateIn(passwd: string, group: string, gid: number, uid: number): boolean {
  const inGroup = recordsOf(passwd).filter((user) => user[3] === String(gid))
  const [user, ...others] = inGroup
  if (user === undefined || others.length > 0 || user[2] !== String(uid)) return false
  const groups = recordsOf(group).filter((record) => record[2] === String(gid))
  const [own, ...namesakes] = groups
  if (own === undefined || namesakes.length > 0 || own[0] !== user[0]) return false
  return (own[3] ?? '').split(',').every((member) => member === '' || member === user[0])
}

const recordsOf = (text: string) => text.split('\n').map((line) => line.split(':'))

/** A larger table is not that of a machine with a few users: then no group counts as private. */
const maxTableBytes = 1024 * 1024

/** Empty if it cannot be read, so that no group counts as private. */
function readTable(path: string): string {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      if (size > maxTableBytes) return ''
      const buffer = Buffer.alloc(size)
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, size, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
