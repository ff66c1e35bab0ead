/**
 * Arithmetic for the numbers of a private key: unsigned, big-endian bytes in and out, so that each number can be
 * overwritten after use. A BigInt cannot, and neither can the strings that it is made from. Not constant-time: it runs
 * once, when a key is added by its owner.
 */

/** The product, at the length of both factors together. */
export function multiply(left: Uint8Array, right: Uint8Array): Uint8Array {
  const product = new Uint8Array(left.length + right.length)
  for (let i = left.length - 1; i >= 0; i -= 1) {
    let carry = 0
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const sum = left[i]! * right[j]! + product[i + j + 1]! + carry
      product[i + j + 1] = sum
      carry = sum >>> 8
    }
    product[i] = carry
  }
  return product
}

/**
 * `number` modulo `modulus`, at the length of the modulus.
 * @param modulus not zero
 */
export function remainder(number: Uint8Array, modulus: Uint8Array): Uint8Array {
  const divisor = toWords(modulus)
  // One word more than the divisor: the rest is doubled before it is reduced.
  const rest = new Uint32Array(divisor.length + 1)
  for (const byte of number) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      shiftIn(rest, (byte >>> bit) & 1)
      if (!isLess(rest, divisor)) subtract(rest, divisor)
    }
  }
  const bytes = toBytes(rest, modulus.length)
  rest.fill(0)
  divisor.fill(0)
  return bytes
}

/** @param number not zero */
export function minusOne(number: Uint8Array): Uint8Array {
  const result = Uint8Array.from(number)
  let index = result.length - 1
  while (result[index] === 0) {
    result[index] = 0xff
    index -= 1
  }
  result[index] = result[index]! - 1
  return result
}

/** True for the number one, at any width. */
export function isOne(number: Uint8Array): boolean {
  return number.at(-1) === 1 && number.subarray(0, -1).every((byte) => byte === 0)
}

// Words of 32 bits, the lowest first.

function toWords(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4))
  bytes.forEach((byte, index) => {
    const place = bytes.length - 1 - index
    words[place >>> 2]! |= byte << (8 * (place & 3))
  })
  return words
}

function toBytes(words: Uint32Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => {
    const place = length - 1 - index
    return words[place >>> 2]! >>> (8 * (place & 3))
  })
}

function shiftIn(words: Uint32Array, bit: number): void {
  let carry = bit
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!
    words[index] = (word << 1) | carry
    carry = word >>> 31
  }
}

function isLess(words: Uint32Array, divisor: Uint32Array): boolean {
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const difference = words[index]! - (divisor[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function subtract(words: Uint32Array, divisor: Uint32Array): void {
  let borrow = 0
  for (let index = 0; index < words.length; index += 1) {
    const difference = words[index]! - (divisor[index] ?? 0) - borrow
    words[index] = difference
    borrow = difference < 0 ? 1 : 0
  }
}
