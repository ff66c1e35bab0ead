import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sshpk from 'sshpk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { KeyFileError } from '../../../../src/ssh/key-files/key-file-error.ts'
import { readKeyFile } from '../../../../src/ssh/key-files/read-key-file.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { describeWithPeers } from '../../../support/peers.ts'
import { runOk } from '../../../support/run.ts'
import { makeFolder, removeFolder } from '../../../support/temporary-folder.ts'

const phrase = 'correct hörse'
const typed = (text: string) => new Secret<Uint8Array>(Buffer.from(text))
const passphrase = typed(phrase)
let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = makeFolder()
})
afterAll(() => removeFolder(folder))

const types: [string, string[]][] = [
  ['ed25519', []],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '384']],
  ['ecdsa', ['-b', '521']],
  ['rsa', ['-b', '2048']],
]
let made = 0
/** A new key of ssh-keygen. @returns its file, beside which is the .pub */
async function keygen(type: string, more: readonly string[] = [], secret = ''): Promise<string> {
  made += 1
  const file = at(`key-${made}`)
  await runOk('ssh-keygen', ['-q', '-t', type, ...more, '-N', secret, '-C', 'jo@pc', '-f', file])
  return file
}
const publicLine = (file: string) => readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ')
async function lineOf(content: Buffer, secret?: Secret<Uint8Array>): Promise<string> {
  const { publicKey } = await readKeyFile(content, secret)
  return formatPublicKeyLine(publicKey.blob, '')
}
const code = (content: Buffer | string, secret?: Secret<Uint8Array>) =>
  readKeyFile(Buffer.from(content), secret).then(
    () => expect.unreachable(),
    (error: unknown) => (error instanceof KeyFileError ? error.code : expect.unreachable(String(error))),
  )

/** Every truncation and every changed byte fails with an error of its own, or is the same key. */
async function expectSturdy(content: Buffer, secret?: Secret<Uint8Array>, stride = 1): Promise<void> {
  const line = await lineOf(content, secret)
  const outcome = (bytes: Buffer) =>
    lineOf(bytes, secret).catch((error: unknown) => (error instanceof KeyFileError ? line : String(error)))
  for (let length = 0; length < content.length; length += stride)
    expect(await outcome(content.subarray(0, length))).toBe(line)
  for (let index = 0; index < content.length; index += stride) {
    const bent = Buffer.from(content)
    bent[index] = bent[index]! ^ 0x15
    expect(await outcome(bent)).toBe(line)
  }
}

describeWithPeers("OpenSSH's form", ['ssh-keygen'], () => {
  it.each(types)('of an %s key %j is read with its comment', async (type, more) => {
    const file = await keygen(type, more)
    expect(await lineOf(readFileSync(file))).toBe(publicLine(file))
    expect((await readKeyFile(readFileSync(file))).comment).toBe('jo@pc')
  })

  it.each(['aes256-ctr', 'aes128-cbc', 'aes192-ctr', '3des-cbc', 'aes256-gcm@openssh.com', 'aes128-gcm@openssh.com'])(
    'is opened by its passphrase where it is encrypted with %s',
    async (cipher) => {
      const file = await keygen('ed25519', ['-a', '2', '-Z', cipher], phrase)
      expect(await lineOf(readFileSync(file), passphrase)).toBe(publicLine(file))
      expect(await code(readFileSync(file))).toBe('KEY_FILE_ENCRYPTED')
      expect(await code(readFileSync(file), typed('wrong'))).toBe('KEY_FILE_PASSPHRASE')
    },
  )

  it('encrypted with a cipher that is not read, or with more rounds than can be waited for, is refused with a remedy', async () => {
    const other = await keygen('ed25519', ['-Z', 'chacha20-poly1305@openssh.com'], phrase)
    const error = await readKeyFile(readFileSync(other), passphrase).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'KEY_FILE_UNSUPPORTED',
    })
    expect((error as KeyFileError).conversion!('FILE', 'COPY')).toMatch(/^cp FILE COPY && ssh-keygen -p -Z aes256-ctr/)
    const file = await keygen('ed25519', ['-a', '2'], phrase)
    const [head, base64, foot] = readFileSync(file, 'latin1').split(/(?<=KEY-----)\n|\n(?=-----END)/)
    const bytes = Buffer.from(base64!, 'base64')
    bytes.writeUInt32BE(0x7fffffff, bytes.indexOf('bcrypt') + 'bcrypt'.length + 4 + 4 + 16)
    expect(await code(`${head}\n${bytes.toString('base64')}\n${foot}`, passphrase)).toBe('KEY_FILE_UNSUPPORTED')
  })

  it('tells its public half while it is encrypted, and takes no empty passphrase', async () => {
    const file = await keygen('ed25519', ['-a', '2'], phrase)
    const error = await readKeyFile(readFileSync(file)).catch((thrown: unknown) => thrown)
    expect(formatPublicKeyLine((error as KeyFileError).publicBlob!, '')).toBe(publicLine(file))
    expect(await code(readFileSync(file), typed(''))).toBe('KEY_FILE_PASSPHRASE')
  })

  it('of a key with a passphrase is not a key without one', async () => {
    const file = await keygen('ed25519')
    expect(await lineOf(readFileSync(file), passphrase)).toBe(publicLine(file))
  })

  it('that is bent or cut anywhere is an error, or the same key', async () => {
    await expectSturdy(readFileSync(await keygen('ecdsa')))
    await expectSturdy(readFileSync(await keygen('ed25519', ['-a', '1'], phrase)), passphrase, 9)
  })
})

describeWithPeers('PEM', ['ssh-keygen', 'openssl'], () => {
  it.each([
    ['ecdsa', 'PEM'],
    ['ecdsa', 'PKCS8'],
    ['rsa', 'PEM'],
    ['rsa', 'PKCS8'],
  ])('of ssh-keygen -t %s -m %s is read, with a passphrase and without', async (type, format) => {
    for (const secret of ['', phrase]) {
      const file = await keygen(type, ['-m', format], secret)
      const content = readFileSync(file)
      expect(await lineOf(content, secret === '' ? undefined : passphrase)).toBe(publicLine(file))
      if (secret === '') continue
      expect(await code(content)).toBe('KEY_FILE_ENCRYPTED')
      for (const wrong of ['wrong', '']) expect(await code(content, typed(wrong))).toBe('KEY_FILE_PASSPHRASE')
    }
  })

  it('of openssl is read: Ed25519, and a curve whose parameters precede the key', async () => {
    await runOk('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', at('ed.pem')])
    expect(await lineOf(readFileSync(at('ed.pem')))).toMatch(/^ssh-ed25519 /)
    await runOk('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-out', at('ec.pem')])
    expect(readFileSync(at('ec.pem'), 'latin1')).toMatch(/BEGIN EC PARAMETERS/)
    expect(await lineOf(readFileSync(at('ec.pem')))).toMatch(/^ecdsa-sha2-nistp256 /)
  })

  it('of a key that SSH has no use for is refused in words', async () => {
    for (const [algorithm, options] of [
      ['x25519', []],
      ['rsa', ['-pkeyopt', 'rsa_keygen_bits:512']],
      ['ec', ['-pkeyopt', 'ec_paramgen_curve:secp256k1']],
    ] as const) {
      await runOk('openssl', ['genpkey', '-algorithm', algorithm, ...options, '-out', at('odd.pem')])
      expect(await code(readFileSync(at('odd.pem')))).toBe('KEY_FILE_UNSUPPORTED')
    }
  })

  it('that is bent or cut anywhere is an error, or the same key', async () => {
    await expectSturdy(readFileSync(await keygen('ecdsa', ['-m', 'PKCS8'])))
  })
})

describeWithPeers("PuTTY's form", ['ssh-keygen', 'puttygen'], () => {
  const puttygen = async (file: string, version: number, secret: string): Promise<Buffer> => {
    writeFileSync(at('new'), secret)
    writeFileSync(at('old'), '')
    const secrets = ['--old-passphrase', at('old'), '--new-passphrase', at('new')]
    await runOk('puttygen', [
      file,
      '-O',
      'private',
      '--ppk-param',
      `version=${version}`,
      ...secrets,
      '-o',
      `${file}.ppk`,
    ])
    return readFileSync(`${file}.ppk`)
  }

  it.each(types)(
    'of an %s key %j is read: version 2 with and without a passphrase, version 3 without',
    async (type, more) => {
      const file = await keygen(type, more)
      for (const version of [2, 3]) {
        const content = await puttygen(file, version, '')
        expect(await lineOf(content)).toBe(publicLine(file))
        expect((await readKeyFile(content)).comment).toBe('jo@pc')
        // Windows ends its lines in its own way.
        expect(await lineOf(Buffer.from(content.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'))).toBe(
          publicLine(file),
        )
      }
      const encrypted = await puttygen(file, 2, phrase)
      expect(await lineOf(encrypted, passphrase)).toBe(publicLine(file))
      expect(await code(encrypted)).toBe('KEY_FILE_ENCRYPTED')
      for (const wrong of ['wrong', '']) expect(await code(encrypted, typed(wrong))).toBe('KEY_FILE_PASSPHRASE')
      const error = await readKeyFile(encrypted).catch((thrown: unknown) => thrown)
      expect(formatPublicKeyLine((error as KeyFileError).publicBlob!, '')).toBe(publicLine(file))
    },
  )

  it('in Latin-1 is read as its bytes are: comment and passphrase', async () => {
    const file = await keygen('ed25519')
    writeFileSync(at('latin1'), 'hörse', 'latin1')
    writeFileSync(at('empty'), '')
    const secrets = ['--old-passphrase', at('empty'), '--new-passphrase', at('latin1')]
    const comment = ['sh', ['-c', 'exec puttygen "$@" -C "$(printf "Schl\\374ssel")"', 'sh']] as const
    const form = ['-O', 'private', '--ppk-param', 'version=2', '-o', `${file}.ppk`]
    await runOk(comment[0], [...comment[1], file, ...form, ...secrets])
    const content = readFileSync(`${file}.ppk`)
    expect(content.includes(0xfc)).toBe(true)
    const read = await readKeyFile(content, new Secret<Uint8Array>(Buffer.from('hörse', 'latin1')))
    expect([formatPublicKeyLine(read.publicKey.blob, ''), read.comment]).toEqual([publicLine(file), 'Schlüssel'])
  })

  it('of an encrypted key of version 3 is refused with the line that converts it, which does', async () => {
    const file = await keygen('ed25519')
    const content = await puttygen(file, 3, phrase)
    const error = await readKeyFile(content, passphrase).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'KEY_FILE_UNSUPPORTED',
    })
    expect((error as KeyFileError).conversion!('FILE', 'COPY')).toBe('puttygen FILE -O private-openssh-new -o COPY')
    copyFileSync(at('new'), at('old'))
    await runOk('puttygen', [
      `${file}.ppk`,
      '-O',
      'private-openssh-new',
      '-o',
      `${file}.new`,
      '--old-passphrase',
      at('old'),
    ])
    expect(await lineOf(readFileSync(`${file}.new`), passphrase)).toBe(publicLine(file))
  })

  it('of an Ed25519 key has no zeros at its end', async () => {
    // One seed in 256 ends in zero: made with its own end.
    const seed = Buffer.concat([Buffer.alloc(30, 7), Buffer.alloc(2)])
    const key = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
      format: 'der',
      type: 'pkcs8',
    })
    const pem = String(key.export({ format: 'pem', type: 'pkcs8' }))
    const file = at('zeros')
    writeFileSync(file, sshpk.parsePrivateKey(pem, 'pem').toString('ssh-private'), { mode: 0o600 })
    writeFileSync(`${file}.pub`, await runOk('ssh-keygen', ['-y', '-f', file]))
    for (const version of [2, 3]) expect(await lineOf(await puttygen(file, version, ''))).toBe(publicLine(file))
  })

  it('that is bent or cut anywhere is an error, or the same key', async () => {
    const file = await keygen('ed25519')
    await expectSturdy(await puttygen(file, 2, phrase), passphrase)
    await expectSturdy(await puttygen(file, 3, ''))
  })
})

describe('two keys in one file', () => {
  it('are refused, whatever forms they have', async () => {
    const pem = () => String(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const putty = 'PuTTY-User-Key-File-2: ssh-ed25519\n'
    for (const text of [pem() + pem(), putty + putty, putty + pem()])
      await expect(readKeyFile(Buffer.from(text))).rejects.toThrow('the file has several keys')
  })
})

describe('what is no private key', () => {
  it.each([
    ['ssh-ed25519 AAAA jo@pc\n', 'this is a public key'],
    [generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }), 'this is a public key'],
    ['', 'this is no private key'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'this is no private key'],
    ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n', 'a key of ssh.com'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\n', 'damaged'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'damaged'],
    ['PuTTY-User-Key-File-1: ssh-rsa\n', 'damaged'],
  ])('%j is said to be so', async (content, message) => {
    await expect(readKeyFile(Buffer.from(content))).rejects.toThrow(message)
  })
})
