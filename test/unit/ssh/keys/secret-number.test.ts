import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOne, minusOne, multiply, remainder } from '../../../../src/ssh/keys/secret-number.ts'

const toBigInt = (bytes: Uint8Array) => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
const number = fc.uint8Array({ minLength: 1, maxLength: 40 })
const notZero = number.filter((bytes) => bytes.some((byte) => byte !== 0))
const runs = { seed: 7, numRuns: 400 }

describe('arithmetic on bytes', () => {
  it('multiplies as BigInt does, at the length of both factors', () => {
    fc.assert(
      fc.property(number, number, (left, right) => {
        const product = multiply(left, right)
        expect(product).toHaveLength(left.length + right.length)
        expect(toBigInt(product)).toBe(toBigInt(left) * toBigInt(right))
      }),
      runs,
    )
  })

  it('divides as BigInt does, at the length of the modulus', () => {
    fc.assert(
      fc.property(number, notZero, (left, modulus) => {
        const rest = remainder(left, modulus)
        expect(rest).toHaveLength(modulus.length)
        expect(toBigInt(rest)).toBe(toBigInt(left) % toBigInt(modulus))
      }),
      runs,
    )
  })

  it('divides numbers whose words are full', () => {
    const full = new Uint8Array(64).fill(0xff)
    const modulus = new Uint8Array(32).fill(0xff)
    expect(toBigInt(remainder(full, modulus))).toBe(0n)
    expect(toBigInt(remainder(full, modulus.subarray(0, 29)))).toBe(toBigInt(full) % toBigInt(modulus.subarray(0, 29)))
  })

  it('subtracts one, borrowing as far as necessary', () => {
    fc.assert(
      fc.property(notZero, (bytes) => {
        expect(toBigInt(minusOne(bytes))).toBe(toBigInt(bytes) - 1n)
      }),
      runs,
    )
    expect(minusOne(Uint8Array.of(1, 0, 0))).toEqual(Uint8Array.of(0, 0xff, 0xff))
  })

  it('recognises one at any width', () => {
    expect(isOne(Uint8Array.of(1))).toBe(true)
    expect(isOne(Uint8Array.of(0, 0, 1))).toBe(true)
    expect(isOne(Uint8Array.of(1, 1))).toBe(false)
    expect(isOne(Uint8Array.of(0))).toBe(false)
    expect(isOne(Uint8Array.of())).toBe(false)
  })
})
