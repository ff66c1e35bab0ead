import { expect, it } from 'vitest'
import { parseCredentialProcess } from '../../../../src/aws/config/own-process.ts'

it.each([
  ['latchkey aws credentials dev', 'dev'],
  ['/usr/local/bin/latchkey aws credentials dev', 'dev'],
  ['/opt/latchkey/dist/latchkey.cjs aws credentials "a b"', 'a b'],
  ["/usr/bin/node '/opt/my tools/latchkey.cjs' aws credentials dev", 'dev'],
  ['/usr/bin/latchkey-credentials dev', 'dev'],
  ['latchkey aws --json credentials dev', 'dev'],
  [String.raw`latchkey aws credentials 'it'\''s'`, "it's"],
  [String.raw`latchkey aws credentials it\'s\ mine`, "it's mine"],
  [String.raw`latchkey aws credentials "a \$ \"b\""`, 'a $ "b"'],
  ["latchkey aws credentials it's", "it's"],
])('knows its own line %s', (line, profile) => {
  expect(parseCredentialProcess(line)).toEqual({ type: 'own', profile })
})

it.each([
  ['aws-vault export --format=json dev', 'aws-vault'],
  ['/opt/not-latchkey-at-all dev', '/opt/not-latchkey-at-all'],
  ['latchkey aws credentials', 'latchkey'],
  ['', ''],
])('leaves %s to others', (line, program) => {
  expect(parseCredentialProcess(line)).toEqual({ type: 'foreign', program })
})
