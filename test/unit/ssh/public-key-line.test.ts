import { describe, expect, it } from 'vitest'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../../src/ssh/public-key-line.ts'
import { SshWriter } from '../../../src/ssh/wire.ts'
import { certificateBlob, certificateVector, plainBlob, sshErrorCodeOf } from '../../support/ssh-vectors.ts'

const line = certificateVector('ed25519.pub').trimEnd()
const [type, base64] = line.split(' ') as [string, string]

describe('a public key line', () => {
  it('of ssh-keygen is read and written back the same', () => {
    expect(line).toMatch(/^ssh-ed25519 \S+ ed25519$/)
    const { blob, comment } = parsePublicKeyLine(`${line}\n`)
    expect(comment).toBe('ed25519')
    expect(formatPublicKeyLine(blob, comment)).toBe(line)
  })

  it('may hold a certificate', () => {
    const blob = certificateBlob('rsa2048')
    expect(formatPublicKeyLine(blob, '')).toMatch(/^ssh-rsa-cert-v01@openssh\.com \S+$/)
    expect(Buffer.from(parsePublicKeyLine(formatPublicKeyLine(blob, '')).blob).equals(blob)).toBe(true)
  })

  it('needs no comment, and takes one with blanks whole', () => {
    expect(parsePublicKeyLine(`${type} ${base64}\n`).comment).toBe('')
    expect(parsePublicKeyLine(`\t${type}  ${base64}   Jo at home  \r\n`).comment).toBe('Jo at home')
  })

  it.each([
    ['', 'nothing'],
    [type, 'a type alone'],
    [base64, 'base64 alone'],
    [`${type} !!!!`, 'something else than base64'],
    [`${type} AAAA`, 'base64 that is too short for a key'],
    [`ssh-rsa ${base64}`, 'another type than the key'],
    [`${line}\n${line}`, 'two lines'],
    [`no-pty ${line}`, 'options of authorized_keys'],
  ])('is refused: %j, which is %s', (text) => {
    expect(sshErrorCodeOf(() => parsePublicKeyLine(text))).toBe('KEY_LINE_INVALID')
  })

  it('stays one line whatever the comment', () => {
    const blob = plainBlob('ed25519')
    expect(formatPublicKeyLine(blob, 'a\nssh-rsa AAAA\u001b[31m b')).toBe(`${type} ${base64} a ssh-rsa AAAA [31m b`)
    expect(formatPublicKeyLine(blob, '\r\n')).toBe(`${type} ${base64}`)
  })

  it('is not made of bytes without a type name', () => {
    expect(sshErrorCodeOf(() => formatPublicKeyLine(Buffer.of(1, 2), ''))).toBe('KEY_LINE_INVALID')
  })

  it('does not decode what it does not know', () => {
    const blob = new SshWriter().string('ssh-new@example.com').string('x').bytes()
    expect(parsePublicKeyLine(formatPublicKeyLine(blob, 'c'))).toEqual({ blob: Buffer.from(blob), comment: 'c' })
  })
})
