import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readBreakGlassKey } from '../../../../src/helper/cloud-init/break-glass.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const line = formatPublicKeyLine(publicKeyFromKeyObject(privateKey).blob, 'the safe')
const fileWith = (text: string) => {
  const file = join(temporaryFolder(), 'key.pub')
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

it('a public key is taken with its comment', async () => {
  expect(await readBreakGlassKey(fileWith(`${line}\n`))).toBe(line)
})

it.each([
  ['no public key', 'hello\n'],
  ['no public key', `${line}\n${line}\n`],
  ['a private key', String(privateKey.export({ format: 'pem', type: 'pkcs8' }))],
  [
    'a certificate',
    formatPublicKeyLine(new SshWriter().string('ssh-ed25519-cert-v01@openssh.com').string('x').bytes(), ''),
  ],
])('%s is refused', async (what, text) => {
  await expect(readBreakGlassKey(fileWith(text))).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(what),
    hint: expect.stringContaining('.pub'),
  })
})
