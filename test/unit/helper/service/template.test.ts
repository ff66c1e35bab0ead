import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fillPlist, fillUnit } from '../../../../src/helper/service/template.ts'
import { debianPython, describeWithPeers } from '../../../support/peers.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const packaging = join(import.meta.dirname, '../../../../packaging')
const template = (name: string) => readFileSync(join(packaging, name), 'utf8')
const line = 'ExecStart=@NODE@ @LATCHKEY@ daemon\n'

describe('paths in a unit', () => {
  it.each([
    [
      'plain ones as they are',
      '/usr/bin/node',
      '/opt/latchkey/latchkey.cjs',
      '/usr/bin/node /opt/latchkey/latchkey.cjs',
    ],
    ['blanks quoted', '/opt/my node/node', '/a b/l.cjs', '"/opt/my node/node" "/a b/l.cjs"'],
    ['percent signs doubled', '/100%/node', '/50% off/l.cjs', '/100%%/node "/50%% off/l.cjs"'],
    ['quotes and backslashes escaped', '/a"b/node', '/a\\b/l.cjs', '"/a\\"b/node" "/a\\\\b/l.cjs"'],
    ['dollar signs doubled in arguments', '/a/node', '/$HOME/l.cjs', '/a/node "/$$HOME/l.cjs"'],
    ['what looks like a placeholder left alone', '/@LATCHKEY@/node', '/l.cjs', '/@LATCHKEY@/node /l.cjs'],
  ])('has %s', (_what, node, latchkey, words) => {
    expect(fillUnit(line, { node, latchkey })).toBe(`ExecStart=${words} daemon\n`)
  })

  it('refuses a line break, which would be a directive of its own', () => {
    expect(() => fillUnit(line, { node: '/a\nExecStartPre=/bin/evil', latchkey: '/l' })).toThrow(
      expect.objectContaining({ code: 'SERVICE_FAILED' }),
    )
  })
})

it('every placeholder of the templates is filled', () => {
  const values = { node: '/n', latchkey: '/l', log: '/log' }
  for (const name of ['latchkey.service', 'latchkey-agent.socket', 'latchkey-api.socket']) {
    expect(fillUnit(template(`systemd/${name}`), values)).not.toMatch(/@[A-Z]+@/)
  }
  expect(fillPlist(template('launchd/local.latchkey.plist'), values)).not.toMatch(/@[A-Z]+@/)
})

describeWithPeers('the property list', ['python:plistlib'], () => {
  it('is one, whatever the paths', () => {
    const values = {
      node: '/a & b/<node>',
      latchkey: '/opt/l "1"/latchkey.cjs',
      log: '/Users/jo/Library/Logs/latchkey.log',
    }
    const file = join(temporaryFolder(), 'l.plist')
    writeFileSync(file, fillPlist(template('launchd/local.latchkey.plist'), values))
    const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))'
    const plist = JSON.parse(execFileSync(debianPython, ['-c', script, file], { encoding: 'utf8' })) as unknown
    expect(plist).toMatchObject({
      Label: 'local.latchkey',
      RunAtLoad: true,
      KeepAlive: true,
      Umask: 0o077,
      StandardErrorPath: values.log,
      ProgramArguments: [
        values.node,
        ...Array<unknown>(2).fill(expect.stringMatching(/^--/)),
        values.latchkey,
        'daemon',
      ],
    })
  })
})
