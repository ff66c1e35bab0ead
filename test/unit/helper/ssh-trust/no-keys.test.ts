import { expect, it } from 'vitest'
import { noKeysError } from '../../../../src/helper/ssh-trust/no-keys.ts'

const instance = 'i-0123456789abcdef0'
const wanted = { instance, again: 'latchkey AGAIN' }
const region = 'eu-west-1'
const start = `aws ec2 start-instances --instance-ids ${instance} --region ${region}, then: latchkey AGAIN`

it.each([
  ['blank', 'has no output yet', 'wait some minutes, then: latchkey AGAIN'],
  ['unended', 'have no end', 'wait some minutes, then: latchkey AGAIN'],
  ['none', 'shows no host keys', 'where it has only just started: latchkey AGAIN; else on the machine'],
  ['cut', 'only the end is left', 'ssh-keygen -lf'],
  ['unreadable', 'has no key that can be read', 'ssh-keygen -lf'],
] as const)('says what is on the console, and what to do: %s', (why, message, hint) => {
  expect(noKeysError({ type: 'not-shown', region, why }, wanted)).toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  })
})

it.each([
  ['pending', 'wait some minutes, then: latchkey AGAIN'],
  ['stopped', start],
  ['stopping', `once it is stopped: ${start}`],
  ['shutting-down', `see which machines there are: aws ec2 describe-instances --region ${region}`],
  ['terminated', `see which machines there are: aws ec2 describe-instances --region ${region}`],
])('says what to do about a machine that is %s', (state, hint) => {
  expect(noKeysError({ type: 'not-running', region, state }, wanted)).toMatchObject({
    code: 'REFUSED',
    message: `instance ${instance} is not running but ${state}, and its names may come to be another machine's`,
    hint,
  })
})
