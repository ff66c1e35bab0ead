import { randomBytes } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { provenKey } from '../../../../src/daemon/static-keys/key-proof.ts'
import { readKeyFile } from '../../../../src/ssh/key-files/read-key-file.ts'
import { derInteger, derSequence } from '../../../../src/ssh/keys/der.ts'
import { publicKeyBits } from '../../../../src/ssh/public-key.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'
import { describeWithPeers } from '../../../support/peers.ts'
import { runOk } from '../../../support/run.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const largest = join(import.meta.dirname, '../../../vectors/keys/rsa-16384.pem')

describeWithPeers('an RSA key of 16384 bits', ['ssh-keygen'], () => {
  it.each([undefined, 'PEM', 'PKCS8'])('is read in the form %s', async (form) => {
    const file = join(temporaryFolder(), 'key')
    copyFileSync(largest, file)
    await runOk('chmod', ['600', file])
    await runOk('ssh-keygen', ['-q', '-p', ...(form === undefined ? [] : ['-m', form]), '-N', '', '-f', file])
    const { privateKey, publicKey } = await readKeyFile(readFileSync(file))
    expect(publicKeyBits(publicKey)).toBe(16384)
    expect(privateKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 16384 })
  })
})

it('the largest key is proved while the daemon does other things', async () => {
  const { privateKey, publicKey } = await readKeyFile(readFileSync(largest))
  let [isProved, turns] = [false, 0]
  const proof = provenKey(privateKey.export({ format: 'der', type: 'pkcs8' })).finally(() => (isProved = true))
  while (!isProved) {
    turns += 1
    await new Promise(setImmediate)
  }
  expect((await proof).publicKey.blob).toEqual(publicKey.blob)
  // On this thread alone it would be one.
  expect(turns).toBeGreaterThan(10)
})

const odd = (length: number) => {
  const bytes = randomBytes(length)
  bytes[0]! |= 0xc0
  bytes[length - 1]! |= 1
  return bytes
}
const lines = (label: string, bytes: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`
const e = Uint8Array.of(1, 0, 1)
/** Nothing but its size can be wrong with it for who has not done arithmetic yet. */
const [n, d, p, q] = [odd(2050), odd(2050), odd(1025), odd(1025)]

it.each([
  [
    'PEM',
    () =>
      lines(
        'RSA PRIVATE KEY',
        Buffer.concat(derSequence([Uint8Array.of(0), n, e, d, p, q, p, q, p].flatMap(derInteger))),
      ),
  ],
  [
    'OpenSSH',
    () => {
      const open = new SshWriter().string('ssh-rsa').mpint(e).mpint(n).bytes()
      const secret = [n, e, d, p, p, q].reduce(
        (writer, number) => writer.mpint(number),
        new SshWriter().uint32(1).uint32(1).string('ssh-rsa'),
      )
      const head = new SshWriter()
        .raw(Buffer.from('openssh-key-v1\0'))
        .string('none')
        .string('none')
        .string('')
        .uint32(1)
      return lines('OPENSSH PRIVATE KEY', head.string(open).string(secret.string('').bytes()).bytes())
    },
  ],
] as const)('a larger one is refused for its size, in the form %s', async (_, text) => {
  await expect(readKeyFile(Buffer.from(text()))).rejects.toMatchObject({
    code: 'KEY_FILE_UNSUPPORTED',
    message: 'the key cannot be kept here: an RSA key has 1024 to 16384 bits, not 16400',
  })
})
