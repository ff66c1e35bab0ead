import { describe, expect, it } from 'vitest'
import { unreadable } from '../../../../src/daemon/config/config-file.ts'

describe('files that cannot be read', () => {
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' })

  it.each([
    [['/a/config'], '/a/config cannot be read', 'ls -l /a/config'],
    [['/my home/c', '/b'], '/my home/c or /b cannot be read', "ls -l '/my home/c' /b"],
  ])('%j are named in a command that can be run', (paths, message, command) => {
    expect(unreadable(paths, denied)).toMatchObject({
      message: expect.stringContaining(message),
      hint: `check their permissions: ${command}`,
    })
  })
})
