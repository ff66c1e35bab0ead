import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConsoleKeys, readConsoleKeys } from '../../../src/ssh/console-keys.ts'
import { publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../src/ssh/public-key-line.ts'
import { fuzzed } from '../../support/fuzzing.ts'

const newKey = () => formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob, '')
const [one, two, three] = [newKey(), newKey(), newKey()] as const
const ecdsa = formatPublicKeyLine(
  publicKeyFromKeyObject(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey).blob,
  '',
)
const begin = '-----BEGIN SSH HOST KEY KEYS-----'
const end = '-----END SSH HOST KEY KEYS-----'
const block = (...keys: string[]) => [begin, ...keys, end, ''].join('\r\n')
const read = (...outputs: string[]) => readConsoleKeys(outputs)
const lines = (found: ConsoleKeys) =>
  found.type === 'shown' ? found.keys.map(({ blob }) => formatPublicKeyLine(blob, '')) : found.why
const why = (...outputs: string[]) => lines(read(...outputs))

describe('host keys on a console', () => {
  it.each([
    [
      'Ubuntu',
      `<14>Jun  3 17:07:52 ec2: #####\r
<14>Jun  3 17:07:52 ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----\r
<14>Jun  3 17:07:52 ec2: 256 SHA256:fxbJ81hNjh+nrD0J8SyGmzMFGPuT2l+Xs8xwvYAHMwE root@ip-10-0-0-1 (ED25519)\r
<14>Jun  3 17:07:52 ec2: -----END SSH HOST KEY FINGERPRINTS-----\r
${begin}\r
${ecdsa} root@ip-10-0-0-1\r
${one} root@ip-10-0-0-1\r
${end}\r
[   19.730] cloud-init[1023]: Cloud-init v. 24.1 finished\r\n`,
    ],
    [
      'Amazon Linux',
      `ci-info: no authorized SSH keys fingerprints found\n<14>cloud-init: ${begin}\n<14>cloud-init: ${ecdsa} root@localhost\n<14>cloud-init: ${one}\n<14>cloud-init: ${end}\n`,
    ],
    [
      'Debian',
      `[   11.234567] cloud-init[512]: ${begin}\n[   11.234568] cloud-init[512]: ${ecdsa} root@debian\n[   11.5] IPv6: ADDRCONF(NETDEV_CHANGE): ens5: link becomes ready\n[   11.234569] cloud-init[512]: ${one} root@debian\n[   11.3] cloud-init[512]: ${end}`,
    ],
    [
      'a system log',
      `Nov 29 15:55:01 ip-10-0-0-1 cloud-init[77]: ${begin}\n2026-11-29T15:55:01.123+00:00 host ec2: ${ecdsa}\nci-info: ${one}\nNov 29 15:55:01 ip-10-0-0-1 ec2: ${end}\n`,
    ],
    [
      'colours',
      `\u001b[0;32m${begin}\u001b[0m\r\n[\u001b[0;32m  OK  \u001b[0m] Started \u001b[0;1;39mLogin\u001b[0m.\r\n${ecdsa}\r\n\u001b[?25l${one}\u0000\r\n${end}\u001b[K\r\n`,
    ],
  ])('are those between the two lines, in the manner of %s', (_, output) => {
    expect(read(output)).toMatchObject({ type: 'shown', formerKeys: [], unreadable: 0 })
    expect(why(output)).toEqual([ecdsa, one])
  })

  it('are those of the last block that is whole, and the others are told', () => {
    const found = read(`${block(one, two)}reboot\n${block(two)}reboot\n${block(three)}`)
    expect(lines(found)).toEqual([three])
    const former = found.type === 'shown' ? found.formerKeys.map(({ blob }) => formatPublicKeyLine(blob, '')) : []
    expect(former).toEqual([one, two])
    expect(read(block(one), block(one, one))).toMatchObject({ keys: [{}], formerKeys: [] })
  })

  it('are of an earlier output where the later one has lost their beginning', () => {
    expect(why(block(one, two), `${two}\r\n${end}\r\n`)).toEqual([one, two])
    expect(why(block(one), 'much else')).toEqual([one])
  })

  it('are none where newer ones are not whole', () => {
    expect(why(block(one), `${three}\n${end}\n`)).toBe('cut')
    expect(why(`${block(one)}${begin}\n${three}\n`)).toBe('unended')
    expect(why(`${block(one)}${begin}\n`)).toBe('unended')
    expect(why(block(one), `${end}\n`)).toBe('cut')
  })

  it('are not there yet, were cut, have no end, or are no keys', () => {
    expect([why(), why(''), why('', ' \r\n')]).toEqual(['blank', 'blank', 'blank'])
    expect(why('Linux version 6.1\n')).toBe('none')
    expect(why(`${one}\n`)).toBe('none')
    expect(why(`${one.slice(30)}\n${end}\n`)).toBe('cut')
    expect(why(`${begin}\n${one}\n`)).toBe('unended')
    expect(why(`${begin}\n${one}\n${begin}\n`)).toBe('unended')
    expect(why(block('nothing', '256 SHA256:abc root@x'))).toBe('unreadable')
  })

  it('leave out and count what looks like a key and is none', () => {
    const broken = [
      one.slice(0, -4),
      `${one}AAAA`,
      'ssh-ed25519 !!!!',
      one.replace('ssh-ed25519', 'ssh-rsa'),
      'ssh-dss AAAAB3NzaC1kc3M=',
      'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t',
    ]
    const found = read(block(...broken, 'ssh-ed25519', one))
    expect(found).toMatchObject({ type: 'shown', unreadable: broken.length })
    expect(lines(found)).toEqual([one])
  })

  it('begin at a line of their own, whatever else has been written', () => {
    expect(why(`ec2: ${begin} \n`)).toBe('unended')
    const typed = `ip-10-0-0-1 login: ${begin}`
    for (const line of [
      typed,
      `sshd[7]: ${begin}`,
      `cloud-init: x: ${begin}`,
      `say ${begin}`,
      `x ${begin}`,
      `${begin} x`,
      `a b c: ${begin}`,
    ])
      expect(why(`${line}\n${one}\n`)).toBe('none')
  })

  it('are sixteen at most, and so are former ones', () => {
    const many = Array.from({ length: 20 }, newKey)
    const found = read(block(...many), block(one), block(...many.slice(0, 18)))
    expect(lines(found)).toEqual(many.slice(0, 16))
    expect(found).toMatchObject({ unreadable: 2, formerKeys: [{}] })
    expect(read(block(...many.slice(0, 10)), block(...many.slice(10)), block(one))).toMatchObject({
      formerKeys: { length: 16 },
    })
  })

  it('are none but those that are there, whatever else is', () => {
    const piece = fc.constantFrom(begin, end, one, two, 'ec2: ', '[ 1.2] ', '\n', '\r\n', '\u001b[0m', one.slice(0, 40))
    const output = fc.array(fc.oneof(piece, fc.string({ maxLength: 8 }))).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.array(output, { maxLength: 2 }), (outputs) => {
        const found = readConsoleKeys(outputs)
        if (found.type === 'shown') for (const line of lines(found)) expect([one, two]).toContain(line)
      }),
      fuzzed(1401, 2000),
    )
  })

  it('are found in bounded time in lines that are long and blank', () => {
    const long = [' '.repeat(65_536), '['.repeat(65_536), 'a: '.repeat(20_000), `${'\u001b['.repeat(30_000)}x`]
    expect(why(`${long.join('\n')}\n${block(one)}`)).toEqual([one])
  })
})
