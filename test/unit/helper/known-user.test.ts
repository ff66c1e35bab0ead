import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { knownUser } from '../../../src/helper/known-user.ts'

it('is whom the user database has', () => {
  expect(knownUser()).toEqual(userInfo())
})

it('is missed in words where it has nobody', () => {
  const lookUp = () => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)')
  }
  expect(() => knownUser(lookUp)).toThrow(
    expect.objectContaining({
      code: 'REFUSED',
      message: expect.stringContaining(`has nobody with uid ${process.getuid!()}`),
      hint: expect.stringContaining('getent passwd'),
    }),
  )
})
