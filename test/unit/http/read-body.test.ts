import { PassThrough, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readBody } from '../../../src/http/read-body.ts'

const bytes = (...lengths: number[]) => Readable.from(lengths.map((length) => Buffer.alloc(length, 'x')))

it('is read whole up to the limit', async () => {
  expect(await readBody(bytes(), 0)).toEqual(Buffer.alloc(0))
  expect(await readBody(bytes(3, 4), 7)).toEqual(Buffer.alloc(7, 'x'))
})

it('that is longer is not read any further, and its stream is destroyed', async () => {
  const endless = new PassThrough({ highWaterMark: 4 })
  endless.write(Buffer.alloc(4))
  endless.write(Buffer.alloc(4))
  expect(await readBody(endless, 7)).toBeUndefined()
  expect(endless.destroyed).toBe(true)
})

it('reports how many bytes it holds, and never more than the limit', async () => {
  const held: number[] = []
  await readBody(bytes(3, 3, 3), 7, (count) => held.push(count))
  expect(held).toEqual([3, 6])
})

it('that breaks off is an error', async () => {
  const stream = new PassThrough()
  stream.write('x')
  stream.destroy(new Error('gone'))
  await expect(readBody(stream, 7)).rejects.toThrow('gone')
})
