import { expect, it } from 'vitest'
import { isPrivateIn } from '../../../../src/core/trust/private-group.ts'

const passwd =
  'root:x:0:0:root:/root:/bin/sh\njo:x:1000:1000::/home/jo:/bin/sh\nsam:x:1001:100::/home/sam:/bin/sh\neve:x:1002:100::/:/bin/sh\n'
const group = 'root:x:0:\njo:x:1000:\nusers:x:100:\nmail:x:8:\n'

it('knows the group that was made for one user, named after it', () => {
  expect(isPrivateIn(passwd, group, 1000, 1000)).toBe(true)
  expect(isPrivateIn(passwd, 'jo:x:1000:jo\n', 1000, 1000)).toBe(true)
  expect(isPrivateIn(passwd, group, 0, 0)).toBe(true)
})

it.each([
  ['of another user', 1000, 1001, passwd, group],
  ['that others have as their primary group', 100, 1001, passwd, group],
  ['that nobody is in, which programs may be given', 8, 1000, passwd, group],
  ['with another member', 1000, 1000, passwd, 'jo:x:1000:jo,eve\n'],
  ['with another name', 1000, 1000, passwd, 'staff:x:1000:\n'],
  ['with two names', 1000, 1000, passwd, 'jo:x:1000:\nstaff:x:1000:eve\n'],
  ['that is not listed', 1000, 1000, passwd, ''],
  ['of a user who is not listed', 1000, 1000, '', group],
])('takes no group %s', (_what, gid, uid, users, groups) => {
  expect(isPrivateIn(users, groups, gid, uid)).toBe(false)
})
