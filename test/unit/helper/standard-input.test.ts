import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readInputBytes, readInputText } from '../../../src/helper/standard-input.ts'

it('reads all of it, whatever the chunks are', async () => {
  const bytes = Buffer.from('ü\n')
  expect(await readInputText(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))).toBe('ü\n')
  expect(await readInputText(Readable.from([]))).toBe('')
})

it('keeps the bytes of what is no text', async () => {
  const bytes = Buffer.of(0xf6, 0x00, 0x0d)
  expect(await readInputBytes(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))).toEqual(bytes)
})

it('ends at an input that is too long to be meant, or has no end', async () => {
  let chunks = 0
  const endless = async function* () {
    for (;;) {
      chunks += 1
      yield Buffer.alloc(16 * 1024)
    }
  }
  await expect(readInputText(endless())).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'the standard input has more than 64 KiB',
    // Whichever command it was: keys, certificates of hosts, TOTP secrets and passphrases come by it.
    hint: 'latchkey help COMMAND says what it reads there',
  })
  expect(chunks).toBe(5)
})
