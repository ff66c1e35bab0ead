import { describe, expect, it } from 'vitest'
import { parseAgentArguments } from '../../../../src/helper/agent-compat/arguments.ts'

const parse = (line: string) => parseAgentArguments(line === '' ? [] : line.split(' '))
const plain = { address: undefined, lifetimeSeconds: undefined, ignored: [] }

it.each([
  ['', { type: 'background', shell: undefined, ...plain }],
  ['-s', { type: 'background', shell: 'sh', ...plain }],
  ['-c -a /run/x', { type: 'background', shell: 'csh', ...plain, address: '/run/x' }],
  ['-st 1h30m', { type: 'background', shell: 'sh', ...plain, lifetimeSeconds: 5400 }],
  ['-t600 -a/run/x', { type: 'background', shell: undefined, ...plain, address: '/run/x', lifetimeSeconds: 600 }],
  ['-t 0', { type: 'background', shell: undefined, ...plain }],
  ['-t 5 -t 7', { type: 'background', shell: undefined, ...plain, lifetimeSeconds: 7 }],
  ['-D', { type: 'foreground', shell: undefined, isVerbose: false, ...plain }],
  ['-sd', { type: 'foreground', shell: 'sh', isVerbose: true, ...plain }],
  ['-E SHA256 -P /usr/lib/*', { type: 'background', shell: undefined, ...plain }],
  ['-k', { type: 'kill', shell: undefined }],
  ['-ck', { type: 'kill', shell: 'csh' }],
  ['-uu', { type: 'clean-up', ignored: ['-u', '-u'] }],
  ['-V', { type: 'version' }],
  ['sh -c -k', { type: 'command', command: ['sh', '-c', '-k'], ...plain }],
  ['-t 5 -- -s', { type: 'command', command: ['-s'], ...plain, lifetimeSeconds: 5 }],
  ['- x', { type: 'command', command: ['-', 'x'], ...plain }],
])('reads `%s`', (line, order) => expect(parse(line)).toEqual(order))

it('tells which options change nothing', () => {
  const line = '-TU -E md5 -O no-restrict-websafe -O allow-remote-pkcs11 -O websafe-allow=ssh:* -P x true'
  expect(parse(line)).toMatchObject({
    type: 'command',
    ignored: ['-T', '-U', '-E md5', '-O no-restrict-websafe', '-O allow-remote-pkcs11', '-O websafe-allow=ssh:*'],
  })
})

describe('what ssh-agent does not take', () => {
  it.each<[string, string]>([
    ['-x', 'unknown option -x'],
    ['-sx', 'unknown option -x'],
    ['--help-me', 'unknown option --'],
    ['-a', '-a needs a value'],
    ['-s -c', '-c and -s exclude each other'],
    ['-d -D', '-d and -D are given once'],
    ['-DD', '-d and -D are given once'],
    ['-P a -P b', '-P is given once'],
    ['-E sha1', '-E sha1 is not md5 or sha256'],
    ['-O x', 'unknown option -O x'],
    ['-t 1y', '-t 1y is not a lifetime, such as 600, 10m or 1h30m'],
    ['-t 1y -t 5', '-t 1y is not a lifetime, such as 600, 10m or 1h30m'],
    ...['c', 'k', 's', 'd', 'D', 'u'].map((letter): [string, string] => [
      `-${letter} true`,
      `-${letter} goes without a command`,
    ]),
  ])('`%s`', (line, complaint) => expect(parse(line)).toEqual({ type: 'misused', complaint }))

  it('a command without a name', () =>
    expect(parseAgentArguments(['', 'x'])).toEqual({ type: 'misused', complaint: 'the name of the command is empty' }))

  it('an empty path', () =>
    expect(parseAgentArguments(['-a', ''])).toEqual({ type: 'misused', complaint: '-a needs a path' }))
})
