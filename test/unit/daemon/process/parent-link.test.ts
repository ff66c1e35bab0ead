import { expect, it } from 'vitest'
import { openParentLink } from '../../../../src/daemon/process/parent-link.ts'

// What it does with a parent is tested with a real one: test/e2e/dev.test.ts.
it('does nothing if no parent asked for it', () => {
  for (const LATCHKEY_PARENT_FD of [undefined, '', 'x', '0', '-1', '3.5', '99999']) {
    const link = openParentLink({ LATCHKEY_PARENT_FD }, () => expect.unreachable())
    link.ready()
    link.close()
  }
})

it('hides its variable from child processes', () => {
  const environment = { LATCHKEY_PARENT_FD: 'x', PATH: '/bin' }
  openParentLink(environment, () => expect.unreachable())
  expect(environment).toEqual({ PATH: '/bin' })
})
