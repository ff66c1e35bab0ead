import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { askLentPrompt, type ReadLine } from '../../../../src/helper/fast/ask-lent-prompt.ts'

/** A person who types these lines. */
function typing(...lines: (string | undefined)[]) {
  const asked: { prompt: string; echo: boolean }[] = []
  const readLine: ReadLine = async (prompt, { echo }) => {
    asked.push({ prompt, echo })
    const line = lines.shift()
    return line === undefined ? undefined : new Secret(line)
  }
  return { asked, readLine }
}

it('asks for a code, which may be seen', async () => {
  const { asked, readLine } = typing('123456')
  const answer = await askLentPrompt({ id: 'p', kind: 'mfa-code', text: 'MFA code for jo' }, readLine)
  expect(answer?.expose()).toBe('123456')
  expect(asked).toEqual([{ prompt: 'MFA code for jo: ', echo: true }])
})

it('takes a code as authenticator apps show it', async () => {
  const { readLine } = typing('123 456')
  expect((await askLentPrompt({ id: 'p', kind: 'mfa-code', text: 'code' }, readLine))?.expose()).toBe('123456')
})

it('asks again for what cannot be a code, without a call to anyone', async () => {
  const { asked, readLine } = typing('12345', 'abcdef', '', '1234567', '654321')
  expect((await askLentPrompt({ id: 'p', kind: 'mfa-code', text: 'code' }, readLine))?.expose()).toBe('654321')
  expect(asked.slice(1).map(({ prompt }) => prompt)).toEqual(Array(4).fill('a code is 6 digits\ncode: '))
})

it('tells first why it asks again', async () => {
  const { asked, readLine } = typing('123456')
  await askLentPrompt({ id: 'p', kind: 'mfa-code', text: 'code', notice: 'that code\u001b[1m was wrong' }, readLine)
  expect(asked[0]!.prompt).toBe('that code [1m was wrong\ncode: ')
})

it.each(['password', 'token'] as const)('hides a %s and does not take an empty one', async (kind) => {
  const { asked, readLine } = typing('', 'a b c')
  expect((await askLentPrompt({ id: 'p', kind, text: 'password for jo' }, readLine))?.expose()).toBe('a b c')
  expect(asked.map(({ echo }) => echo)).toEqual([false, false])
})

it('is cancelled by the person', async () => {
  expect(await askLentPrompt({ id: 'p', kind: 'mfa-code', text: 'code' }, typing(undefined).readLine)).toBeUndefined()
})
