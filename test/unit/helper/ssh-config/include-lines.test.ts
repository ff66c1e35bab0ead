import { describe, expect, it } from 'vitest'
import {
  hasInclude,
  includeLines,
  withInclude,
  withoutInclude,
} from '../../../../src/helper/ssh-config/include-lines.ts'

const name = {
  written: '~/state/ssh_config',
  isOurs: (word: string) => ['~/state/ssh_config', '/home/jo/state/ssh_config'].includes(word),
}
const block = `${includeLines(name).join('\n')}\n`

const texts = {
  empty: '',
  'a Host block': 'Host a\n  Port 1\n',
  'a Match block': 'Host a\n  Port 1\nMatch user x\n  Port 2\n',
  'no line break at its end': 'Host a\n  Port 1',
  'empty lines at its end': 'Host a\n\n\n',
  'nothing but an empty line': '\n',
  CRLF: 'Host a\r\n  Port 1\r\n',
  'CRLF, and no line break at its end': 'Host a\r\n  Port 1',
  'line ends of both kinds': 'Host a\n  Port 1\r\n',
  'a comment without a line break': '# end',
  'a return at its end': 'Port 1\r',
}

describe.each(Object.entries(texts))('an ssh_config with %s', (_, text) => {
  it('gets our lines at its end, and is the same again without them', () => {
    const after = withInclude(text, name)
    expect(after.startsWith(text)).toBe(true)
    expect(after.replaceAll('\r', '').endsWith(block)).toBe(true)
    expect(hasInclude(after, name)).toBe(true)
    expect(withoutInclude(after, name)).toBe(text)
  })

  it('does not get them twice, and is left alone where it has none', () => {
    const after = withInclude(text, name)
    expect(withInclude(after, name)).toBe(after)
    expect(withoutInclude(text, name)).toBe(text)
    expect(hasInclude(text, name)).toBe(false)
  })
})

it('has line ends as the file has them', () => {
  expect(withInclude(texts.CRLF, name)).toBe(`${texts.CRLF}\r\n${block.replaceAll('\n', '\r\n')}`)
})

it('ends the block before it', () => {
  expect(withInclude('Host a\n  Port 1', name)).toBe(`Host a\n  Port 1\n${block}`)
})

it.each([
  ['a block was written below', `Host a\n\n${block}\nHost b\n  Port 2\n`, 'Host a\n\nHost b\n  Port 2\n'],
  ['a block was written right below', `Host a\n\n${block}Host b\n  Port 2\n`, 'Host a\nHost b\n  Port 2\n'],
  ['the line before them went away', `Host a\n${block}Host b\n`, 'Host a\nHost b\n'],
  // It would belong to the host above without the Match.
  ['a setting was written below', `Host a\n\n${block}Compression yes\n`, 'Host a\n\nMatch all\nCompression yes\n'],
  ['a comment and a setting were', `Host a\n\n${block}# x\nPort 2\n`, 'Host a\n\nMatch all\n# x\nPort 2\n'],
  ['the Include was moved to the top', 'Include ~/state/ssh_config\nHost a\n', 'Host a\n'],
  ['the Include is written in full', 'Host a\n  Include "/home/jo/state/ssh_config"\n', 'Host a\n'],
  ['the Include is written with a sign', 'include = ~/state/ssh_config # latchkey\nHost a\n', 'Host a\n'],
  ['the Include has others as well', 'Include ~/a ~/state/ssh_config ~/b\n', 'Include ~/a ~/b\n'],
  ['the Include has it first', 'Include=~/state/ssh_config  "/x y" # c\n', 'Include="/x y" # c\n'],
  ['the Include was taken away', `Host a\n\n${includeLines(name).slice(0, 2).join('\n')}\n`, 'Host a\n'],
  ['Include and Match were taken away', `Host a\n\n${includeLines(name)[0]}\nHost b\n`, 'Host a\nHost b\n'],
  ['they are there twice', `Host a\n\n${block}\n${block}`, 'Host a\n'],
  ['somebody has another Match all', 'Match all\nInclude ~/state/ssh_config\n', 'Match all\n'],
])('takes our lines away where %s, and then has them at its end', (_, text, without) => {
  expect(withoutInclude(text, name)).toBe(without)
  expect(withInclude(text, name)).toBe(`${without}\n${block}`)
})

it.each(['Include ~/state/ssh_config.old\n', '# Include ~/state/ssh_config\n', 'IncludeX ~/state/ssh_config\n'])(
  'leaves other lines alone: %j',
  (text) => {
    expect(hasInclude(text, name)).toBe(false)
    expect(withoutInclude(text, name)).toBe(text)
  },
)
