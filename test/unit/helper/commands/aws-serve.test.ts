import { expect, it } from 'vitest'
import { notListening } from '../../../../src/helper/commands/aws-serve.ts'

const failure = (code: string) => Object.assign(new Error(`listen ${code}`), { code })

it.each([
  ['EADDRINUSE', 'port 80 is taken'],
  ['EACCES', 'port 80 is only for the superuser'],
])('a port that the system refuses with %s is told in words, with what to do', (code, message) => {
  expect(notListening(80, failure(code))).toMatchObject({
    code: 'REFUSED',
    message,
    hint: 'take another with --port, or none for a free one',
  })
})

it('what is not about the port stays what it was', () => {
  const cause = failure('EMFILE')
  expect(notListening(80, cause)).toBe(cause)
})
