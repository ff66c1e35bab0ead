import { chmodSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPathFault, type PathTrustHost } from '../../../../src/core/trust/path-trust.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const kinds = { folder: 0o040000, file: 0o100000, socket: 0o140000, link: 0o120000 } as const

interface Entry {
  kind?: keyof typeof kinds
  mode?: number
  uid?: number
  gid?: number
  target?: string
}

/** A machine with these entries, seen by uid 1000, whose own group is 1000. Others are missing. */
function machine(entries: Readonly<Record<string, Entry>>, platform: NodeJS.Platform = 'linux'): PathTrustHost {
  const all = new Map<string, Entry>(Object.entries({ '/': {}, ...entries }))
  return {
    uid: 1000,
    platform,
    lstat(path) {
      const entry = all.get(path)
      if (entry === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
      const { kind = 'folder', mode = 0o755, uid = 0, gid = 0 } = entry
      return { uid, gid, mode: kinds[kind] | mode }
    },
    readlink: (path) => all.get(path)!.target!,
    isPrivateGroup: (gid, uid) => gid === 1000 && uid === 1000,
  }
}

const mine = { uid: 1000, gid: 1000 }
const run = { '/run': {}, '/run/user': {}, '/run/user/1000': { ...mine, mode: 0o700 } }

it.each<[string, string, Record<string, Entry>]>([
  ['a socket below folders of root and of the user', '/run/user/1000/s', { ...run, '/run/user/1000/s': mine }],
  [
    'a file of the user in a sticky folder of root',
    '/tmp/x',
    { '/tmp': { mode: 0o1777 }, '/tmp/x': { kind: 'file', ...mine } },
  ],
  [
    'what the own group may write',
    '/h/x',
    { '/h': { ...mine, mode: 0o775 }, '/h/x': { kind: 'file', ...mine, mode: 0o664 } },
  ],
  ['what is not there', '/run/user/1000/none/s', run],
  [
    'a link of root and a link of the user',
    '/a/x',
    {
      '/a': { kind: 'link', target: 'b', mode: 0o777 },
      '/b': {},
      '/b/x': { kind: 'link', target: '../c/./y', mode: 0o777, ...mine },
      '/c': {},
      '/c/y': { kind: 'file' },
    },
  ],
])('finds no fault in %s', (_what, path, entries) => {
  expect(findPathFault(path, machine(entries))).toBeUndefined()
})

it.each<[string, string, Record<string, Entry>, string, string]>([
  [
    'a file that others may write',
    '/x',
    { '/x': { kind: 'file', ...mine, mode: 0o666 } },
    '/x can be changed by other users (mode 666)',
    'chmod o-w /x',
  ],
  [
    'a folder on the way that others may write',
    '/a/b/x',
    { '/a': { ...mine, mode: 0o777 }, '/a/b': mine, '/a/b/x': mine },
    '/a/b/x is not safe to use: /a can be changed by other users (mode 777)',
    'chmod o-w /a',
  ],
  [
    'a folder of root that a group may write',
    '/a/x',
    { '/a': { mode: 0o2775, gid: 50 } },
    '/a/x is not safe to use: /a can be changed by the group 50 (mode 2775)',
    'sudo chmod g-w /a',
  ],
  [
    'group and others at once',
    '/a b',
    { '/a b': { ...mine, gid: 50, mode: 0o777 } },
    '/a b can be changed by other users (mode 777)',
    "chmod go-w '/a b'",
  ],
  [
    'a folder of another user',
    '/home/eve/s',
    { '/home': {}, '/home/eve': { uid: 1001, mode: 0o700 } },
    '/home/eve/s is not safe to use: /home/eve belongs to another user (uid 1001, mode 700)',
    'use a folder of your own, or see who owns this one: ls -ld /home/eve',
  ],
  [
    'a file of another user in a sticky folder',
    '/tmp/s',
    { '/tmp': { mode: 0o1777 }, '/tmp/s': { kind: 'socket', uid: 1001 } },
    '/tmp/s belongs to another user (uid 1001, mode 755)',
    'use a folder of your own, or see who owns this one: ls -ld /tmp/s',
  ],
  [
    'a link of another user, though it leads to what is mine',
    '/tmp/l/x',
    { '/tmp': { mode: 0o1777 }, '/tmp/l': { kind: 'link', uid: 1001, target: '/h', mode: 0o777 }, '/h': mine },
    '/tmp/l/x is not safe to use: /tmp/l belongs to another user (uid 1001, mode 777)',
    'use a folder of your own, or see who owns this one: ls -ld /tmp/l',
  ],
  [
    'a folder that a link leads through',
    '/l',
    {
      '/l': { kind: 'link', ...mine, target: 'open/in/../x' },
      '/open': { mode: 0o757 },
      '/open/in': {},
      '/open/x': { kind: 'file' },
    },
    '/l is not safe to use: /open can be changed by other users (mode 757)',
    'sudo chmod o-w /open',
  ],
  [
    'a sticky folder of another than root',
    '/t/x',
    { '/t': { ...mine, mode: 0o1777 } },
    '/t/x is not safe to use: /t can be changed by other users (mode 1777)',
    'chmod o-w /t',
  ],
  [
    'a sticky bit on a file',
    '/x',
    { '/x': { kind: 'file', mode: 0o1666 } },
    '/x can be changed by other users (mode 1666)',
    'sudo chmod go-w /x',
  ],
])('names %s, with mode and command', (_what, path, entries, message, hint) => {
  expect(findPathFault(path, machine(entries))).toEqual({ message, hint })
})

it('accepts the group admin of macOS, and on macOS only', () => {
  const entries = { '/opt': { mode: 0o775, gid: 80 }, '/opt/x': { kind: 'file' } } as const
  expect(findPathFault('/opt/x', machine(entries, 'darwin'))).toBeUndefined()
  expect(findPathFault('/opt/x', machine(entries))).toMatchObject({ hint: 'sudo chmod g-w /opt' })
})

it('stops at links that lead in a circle, and where the system gives an error', () => {
  const circle = machine({ '/a': { kind: 'link', target: 'b' }, '/b': { kind: 'link', target: '/a' } })
  expect(findPathFault('/a', circle)?.message).toMatch(/leads in a circle$/)
  const broken = {
    ...machine({}),
    lstat: () => {
      throw Object.assign(new Error('i/o'), { code: 'EIO' })
    },
  }
  expect(findPathFault('/x', broken)?.message).toBe('/x is not safe to use: / cannot be examined (EIO)')
})

describe('on this machine', () => {
  it('follows real links and reads real modes', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'open'))
    writeFileSync(join(folder, 'open/file'), '')
    symlinkSync('open', join(folder, 'link'))
    expect(findPathFault(join(folder, 'link/file'))).toBeUndefined()
    expect(findPathFault('.')).toEqual(findPathFault(process.cwd()))
    chmodSync(join(folder, 'open'), 0o757)
    expect(findPathFault(join(folder, 'link/file'))).toEqual({
      message: `${folder}/link/file is not safe to use: ${folder}/open can be changed by other users (mode 757)`,
      hint: `chmod o-w ${folder}/open`,
    })
  })

  it.runIf(process.getuid!() === 0)('refuses a link of another user', () => {
    const folder = temporaryFolder()
    const link = join(folder, 'link')
    symlinkSync('/etc/passwd', link)
    lchownSync(link, 65534, 65534)
    expect(findPathFault(link)?.message).toMatch(/link belongs to another user \(uid 65534, mode 777\)$/)
  })
})
