import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Whether a group is the user's own, as Debian, Fedora and their kin make one for each user (useradd(8), USERGROUPS_ENAB):
 * it is the user's primary group, has the user's name, and nobody else is in it, neither by /etc/group nor with it as
 * primary group. A group that only has no members is not: programs and services are put into such ones when they start.
 * Users and groups of a directory service are not in these files, and have no private group here: to ask for them takes
 * a program.
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

/** Larger tables are not of a machine with a few users: who is in a group then is not looked up here. */
const maxTableBytes = 1024 * 1024

/** Empty where it cannot be read, so that no group counts as private. */
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
