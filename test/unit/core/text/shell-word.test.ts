import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../../../src/core/text/shell-word.ts'

describe('a shell word', () => {
  it.each(['dev', 'team/dev', 'jo@example.com', '/run/user/1000/latchkey'])('is left as it is: %s', (text) => {
    expect(shellWord(text)).toBe(text)
  })

  it.each(['', 'a b', "it's", '$(id)', '`id`', 'a;b', '"', '\\', '*', 'a\nb', "'; echo x; '", '~', 'ü'])(
    'means itself to a shell: %j',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text)
    },
  )
})
