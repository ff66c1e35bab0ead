import { expect, it } from 'vitest'
import { explainUsualLine } from '../../../../src/helper/cloud-init/explain-line.ts'

it('what the usual line does wrong depends on the CA', () => {
  const one = explainUsualLine(['ssh-ed25519 A'])
  expect(one).toContain('after a Match block')
  expect(one).toContain('it knows one CA: on the day')
  expect(one).not.toContain('SHA-1')
  const two = explainUsualLine(['ssh-rsa A', 'ssh-ed25519 B'])
  expect(two).toContain('it knows one CA, and there are 2')
  expect(two).toContain('SHA-1')
})
