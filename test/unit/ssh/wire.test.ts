import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bitLength,
  equalBytes,
  padToWidth,
  quoted,
  SshReader,
  SshWriter,
  trimLeadingZeros,
} from '../../../src/ssh/wire.ts'
import { sshErrorCodeOf } from '../../support/ssh-vectors.ts'

const reader = (...bytes: number[]) => new SshReader(Uint8Array.from(bytes))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('reading wire types', () => {
  it('reads each type of RFC 4251 §5 in turn', () => {
    const bytes = new SshWriter()
      .byte(7)
      .boolean(true)
      .uint32(0xfffffffe)
      .uint64(2n ** 64n - 2n)
      .string('grün')
      .mpint(Uint8Array.of(0x80))
      .raw(Uint8Array.of(1, 2))
      .bytes()
    const read = new SshReader(bytes)
    expect(read.byte()).toBe(7)
    expect(read.boolean()).toBe(true)
    expect(read.uint32()).toBe(0xfffffffe)
    expect(read.uint64()).toBe(2n ** 64n - 2n)
    expect(read.text()).toBe('grün')
    expect(hex(read.mpint())).toBe('80')
    expect(read.remaining).toBe(2)
    expect(hex(read.rest())).toBe('0102')
    expect(read.remaining).toBe(0)
    read.end()
  })

  it('reads any byte but zero as true', () => {
    expect(reader(0xff).boolean()).toBe(true)
    expect(reader(0).boolean()).toBe(false)
  })

  it('never reads beyond the bytes that are there, whatever a length says', () => {
    expect(sshErrorCodeOf(() => reader().byte())).toBe('WIRE_TRUNCATED')
    expect(sshErrorCodeOf(() => reader(0, 0, 0).uint32())).toBe('WIRE_TRUNCATED')
    expect(sshErrorCodeOf(() => reader(0, 0, 0, 0, 0, 0, 0).uint64())).toBe('WIRE_TRUNCATED')
    expect(sshErrorCodeOf(() => reader(0xff, 0xff, 0xff, 0xff, 1).string())).toBe('WIRE_TRUNCATED')
    expect(sshErrorCodeOf(() => reader(0, 0, 0, 2, 1).string())).toBe('WIRE_TRUNCATED')
  })

  it('refuses what is left over', () => {
    expect(sshErrorCodeOf(() => reader(1).end())).toBe('WIRE_TRAILING_BYTES')
  })

  it('refuses text that is not UTF-8', () => {
    expect(sshErrorCodeOf(() => reader(0, 0, 0, 1, 0xff).text())).toBe('WIRE_BAD_TEXT')
  })

  it('refuses text with a NUL, wherever it is', () => {
    for (const text of [
      [0, 97],
      [97, 0],
    ])
      expect(sshErrorCodeOf(() => reader(0, 0, 0, 2, ...text).text())).toBe('WIRE_BAD_TEXT')
  })

  it('keeps a byte order mark, because it is part of the text', () => {
    expect(reader(0, 0, 0, 3, 0xef, 0xbb, 0xbf).text()).toBe('\uFEFF')
  })

  it.each([
    ['negative', [0x80]],
    ['zero written out', [0]],
    ['padded with needless zeros', [0, 0x7f]],
  ])('refuses a number that is %s', (_, bytes) => {
    expect(sshErrorCodeOf(() => reader(0, 0, 0, bytes.length, ...bytes).mpint())).toBe('WIRE_BAD_MPINT')
  })

  it('works on a view into a larger buffer', () => {
    const inner = Uint8Array.of(9, 9, 0, 0, 0, 1, 5, 9).subarray(2, 7)
    const read = new SshReader(inner)
    expect(hex(read.string())).toBe('05')
    read.end()
  })
})

describe('writing wire types', () => {
  // The examples of RFC 4251 §5.
  it.each([
    ['', '00000000'],
    ['09a378f9b2e332a7', '0000000809a378f9b2e332a7'],
    ['80', '000000020080'],
    ['0000', '00000000'],
    ['0001', '0000000101'],
  ])('writes the number %s as %s', (magnitude, wire) => {
    expect(hex(new SshWriter().mpint(Buffer.from(magnitude, 'hex')).bytes())).toBe(wire)
  })

  it('reads back every number that it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (magnitude) => {
        const read = new SshReader(new SshWriter().mpint(magnitude).bytes()).mpint()
        expect(hex(read)).toBe(hex(trimLeadingZeros(magnitude)))
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('unsigned numbers', () => {
  it('have a number of significant bits', () => {
    expect(bitLength(Uint8Array.of())).toBe(0)
    expect(bitLength(Uint8Array.of(1))).toBe(1)
    expect(bitLength(Uint8Array.of(0x80))).toBe(8)
    expect(bitLength(Uint8Array.of(1, 0))).toBe(9)
  })

  it('are padded to a width unless they are wider', () => {
    expect(padToWidth(Uint8Array.of(5), 3)).toEqual(Uint8Array.of(0, 0, 5))
    expect(padToWidth(Uint8Array.of(1, 2, 3), 3)).toEqual(Uint8Array.of(1, 2, 3))
    expect(padToWidth(Uint8Array.of(1, 2, 3, 4), 3)).toBeUndefined()
  })

  it('are equal byte for byte', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Buffer.of(1, 2))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false)
  })
})

describe('a text from outside in a message', () => {
  it('is quoted, and is cut after 64 characters', () => {
    expect(quoted('a"\n')).toBe('"a\\"\\n"')
    expect(quoted('x'.repeat(64))).toBe(`"${'x'.repeat(64)}"`)
    expect(quoted('x'.repeat(65))).toBe(`"${'x'.repeat(64)}…"`)
  })
})
