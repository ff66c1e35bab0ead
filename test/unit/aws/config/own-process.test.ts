import { expect, it } from 'vitest'
import { parseCredentialProcess } from '../../../../src/aws/config/own-process.ts'

it.each([
  ['latchkey aws credentials dev', 'dev'],
  ['/usr/local/bin/latchkey aws credentials dev', 'dev'],
  ['/opt/latchkey/dist/latchkey.cjs aws credentials "a b"', 'a b'],
  ["/usr/bin/node '/opt/my tools/latchkey.cjs' aws credentials dev", 'dev'],
  ['/usr/bin/latchkey-credentials dev', 'dev'],
  ['latchkey aws credentials -- -dev', '-dev'],
  ['latchkey-credentials -- dev', 'dev'],
  ['env LATCHKEY_RUNTIME_DIR=/run/x /opt/latchkey aws credentials dev', 'dev'],
  ['/usr/bin/timeout 10 latchkey aws credentials dev', 'dev'],
  ['/opt/corp/run --quiet latchkey aws credentials dev', 'dev'],
  ["sh -c 'latchkey aws credentials dev 2>/dev/null'", 'dev'],
  ['/bin/bash -lc \'A=1 exec /opt/latchkey aws credentials "a b"; true\'', 'a b'],
  [String.raw`latchkey aws credentials 'it'\''s'`, "it's"],
  [String.raw`latchkey aws credentials it\'s\ mine`, "it's mine"],
  [String.raw`latchkey aws credentials "a \$ \"b\""`, 'a $ "b"'],
  ["latchkey aws credentials it's", "it's"],
])('knows its own line %s', (line, profile) => {
  expect(parseCredentialProcess(line)).toEqual({ type: 'own', profile })
})

it.each([
  ['latchkey aws credential dev', 'runs latchkey with another command than aws credentials', 'dev'],
  ['/opt/latchkey/latchkey.cjs aws exec dev', 'runs latchkey with another command than aws credentials', 'dev'],
  ['latchkey dev', 'runs latchkey with another command than aws credentials', 'dev'],
  ["sh -c 'X=1 latchkey aws credential dev'", 'runs latchkey with another command than aws credentials', 'dev'],
  ['latchkey', 'runs latchkey with another command than aws credentials', undefined],
  ['env X=1 latchkey credentials dev', 'runs latchkey with another command than aws credentials', 'dev'],
  ['latchkey aws --json credentials dev', 'runs latchkey with another command than aws credentials', 'dev'],
  ['latchkey aws credentials', 'names no profile', undefined],
  ['/usr/bin/latchkey-credentials', 'names no profile', undefined],
  ['/usr/bin/latchkey-credentials --profile dev', 'has --profile, which is no option', 'dev'],
  ['latchkey aws credentials --json dev', 'has --json, which is no option', 'dev'],
  ['latchkey aws credentials dev # mine', 'has more behind the name of the profile', 'mine'],
  ['latchkey aws credentials dev 2>/dev/null', 'has more behind the name of the profile', '2>/dev/null'],
  ['X=1 latchkey aws credentials dev', 'begins with a variable, which only a shell sets: write env before it', 'dev'],
])('says what is wrong with its own line %s', (line, mistake, profile) => {
  expect(parseCredentialProcess(line)).toEqual({ type: 'wrong', mistake, ...(profile && { profile }) })
})

it.each([
  ['aws-vault export --format=json dev', 'aws-vault'],
  ['/opt/not-latchkey-at-all dev', '/opt/not-latchkey-at-all'],
  ['/opt/tool --profile latchkey', '/opt/tool'],
  ['/opt/tool latchkey dev', '/opt/tool'],
  ['node /opt/tool.js latchkey', 'node'],
  ["sh -c '/opt/tool latchkey'", 'sh'],
  ['sh -c', 'sh'],
  ['', ''],
])('leaves %s to others', (line, program) => {
  expect(parseCredentialProcess(line)).toEqual({ type: 'foreign', program })
})
