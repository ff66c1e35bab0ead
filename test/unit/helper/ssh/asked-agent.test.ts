import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { askedAgent } from '../../../../src/helper/ssh/asked-agent.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function setUp() {
  const folder = temporaryFolder()
  const run = join(folder, 'run')
  mkdirSync(run)
  const ownSocket = join(run, 'agent.sock')
  writeFileSync(ownSocket, '')
  const asked = (setting?: string, environment: Record<string, string> = {}) =>
    askedAgent(setting, { environment, ownSocket })
  return { folder, run, ownSocket, asked }
}

it('is that of SSH_AUTH_SOCK, or of the variable that the setting names', () => {
  const { ownSocket, asked } = setUp()
  const ours = { type: 'latchkey', path: ownSocket }
  expect(asked(undefined, { SSH_AUTH_SOCK: ownSocket })).toEqual(ours)
  expect(asked('SSH_AUTH_SOCK', { SSH_AUTH_SOCK: ownSocket })).toEqual(ours)
  expect(asked('$OTHER', { OTHER: ownSocket })).toEqual(ours)
  expect(asked(ownSocket)).toEqual(ours)
})

it('is none where nothing names one', () => {
  const { asked } = setUp()
  expect(asked('none', { SSH_AUTH_SOCK: '/x' })).toEqual({ type: 'none', why: 'IdentityAgent is none' })
  expect(asked()).toEqual({ type: 'none', why: 'SSH_AUTH_SOCK is not set' })
  expect(asked('$OTHER', { OTHER: '' })).toEqual({ type: 'none', why: 'OTHER is not set' })
})

it('is another one at any other place', () => {
  const { asked, run } = setUp()
  expect(asked('/tmp/agent.sock')).toEqual({ type: 'other', path: '/tmp/agent.sock' })
  expect(asked('/tmp/agent-ops.sock')).toEqual({ type: 'other', path: '/tmp/agent-ops.sock' })
  expect(asked(join(run, 'api.sock'))).toEqual({ type: 'other', path: join(run, 'api.sock') })
})

it('is ours through links, and by the socket of an identity', () => {
  const { folder, run, ownSocket, asked } = setUp()
  const link = join(folder, 'link')
  symlinkSync(ownSocket, link)
  symlinkSync(run, join(folder, 'run-link'))
  expect(asked(link)).toEqual({ type: 'latchkey', path: link })
  const own = join(folder, 'run-link', 'agent-ops.sock')
  expect(asked(own)).toEqual({ type: 'latchkey', path: own, identity: 'ops' })
})
