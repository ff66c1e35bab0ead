import { expect, it } from 'vitest'
import { askMfaCode } from '../../../../src/vault/login/mfa-code.ts'
import { scriptedPrompts, testClient } from '../../../support/vault-world.ts'

it.each([undefined, 'that was wrong'])(
  'a code is asked for by whose it is, after a wrong one with the reason (%s)',
  async (notice) => {
    const { prompts, questions } = scriptedPrompts('123456')
    const client = testClient('http://127.0.0.1:1')
    expect((await askMfaCode({ client, prompts }, 'code of jo', notice, undefined)).expose()).toBe('123456')
    expect(questions).toEqual([
      {
        topic: 'vault/corp',
        kind: 'code',
        text: 'code of jo for vault corp',
        maxDigits: 10,
        follows: true,
        remedy: 'latchkey login corp',
        ...(notice === undefined ? {} : { notice }),
      },
    ])
  },
)
