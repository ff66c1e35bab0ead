import { expect, it } from 'vitest'
import { formatDirections } from '../../../../src/helper/service/directions.ts'

it('names the command for ssh and the line for the shell', () => {
  const environment = { XDG_RUNTIME_DIR: '/run/user/1000', HOME: '/home/jo' }
  const text = formatDirections('/run/user/1000/latchkey/agent.sock', environment)
  expect(text).toContain('\n  export SSH_AUTH_SOCK="$XDG_RUNTIME_DIR/latchkey/agent.sock"\n')
  expect(text).toContain('\n  latchkey ssh config --install\n')
  expect(text).not.toContain('LATCHKEY_RUNTIME_DIR')
})

it('uses the home folder on macOS', () => {
  const text = formatDirections('/Users/jo b/.latchkey/run/agent.sock', { HOME: '/Users/jo b' })
  expect(text).toContain('export SSH_AUTH_SOCK="$HOME/.latchkey/run/agent.sock"\n')
})

it('warns of a variable that points other commands elsewhere', () => {
  const environment = { XDG_RUNTIME_DIR: '/run/user/1000', LATCHKEY_RUNTIME_DIR: '/tmp/other' }
  expect(formatDirections('/run/user/1000/latchkey/agent.sock', environment)).toContain('unset it')
})
