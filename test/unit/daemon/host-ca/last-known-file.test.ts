import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createLastKnownFile } from '../../../../src/daemon/host-ca/last-known-file.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recordingLog } from '../../../support/vault-world.ts'

const { blob } = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const key = formatPublicKeyLine(blob, '')
const known = new Map([['corp', { keys: [blob], issuers: ['id-1'] }]])

function open() {
  const path = join(temporaryFolder(), 'state', 'ssh-host-cas.json')
  const { log, lines } = recordingLog()
  return { path, lines, file: createLastKnownFile(path, log) }
}

it('keeps what is known, for its user alone', async () => {
  const { path, lines, file } = open()
  expect(await file.read()).toEqual(new Map())
  await file.write(known)
  expect(await file.read()).toEqual(known)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(lines).toEqual([])
})

const form = (cas: unknown) => JSON.stringify({ version: 1, cas })
const one = { origin: 'corp', issuers: [], keys: [key] }
it.each([
  ['no JSON', '{'],
  ['empty', ''],
  ['of a newer version', JSON.stringify({ version: 2, cas: [] })],
  ['with a line for another file', form([{ ...one, keys: [`${key}\n@cert-authority * ${key}`] }])],
  ['with something that is no key', form([{ ...one, keys: ['ssh-ed25519 AAAA'] }])],
  ['with more in it', form([{ ...one, hosts: ['*'] }])],
  ['larger than it can be', ' '.repeat(4 * 1024 * 1024 + 1)],
])('that is %s is not believed', async (_, text) => {
  const { path, lines, file } = open()
  await file.write(known)
  writeFileSync(path, text)
  expect(await file.read()).toEqual(new Map())
  expect(lines).toHaveLength(1)
})

it('that others could have written is not believed, nor written', async () => {
  const { path, lines, file } = open()
  mkdirSync(join(path, '..'))
  writeFileSync(path, form([one]))
  chmodSync(join(path, '..'), 0o777)
  expect(await file.read()).toEqual(new Map())
  await file.write(new Map())
  expect(readFileSync(path, 'utf8')).toBe(form([one]))
  expect(lines.join('\n')).toMatch(/until their servers answer[\s\S]*at the next start until their servers answer/)
})
