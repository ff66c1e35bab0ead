import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readInputText } from '../../../src/helper/input-text.ts'

it('reads all of it, whatever the chunks are', async () => {
  const bytes = Buffer.from('ü\n')
  expect(await readInputText(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))).toBe('ü\n')
  expect(await readInputText(Readable.from([]))).toBe('')
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
  })
  expect(chunks).toBe(5)
})
