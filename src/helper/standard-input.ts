import { HelperError } from './fast/failure.ts'

/** Two lines of an access key take a hundredth of it. */
const maxBytes = 64 * 1024

/**
 * All of a standard input, as it is.
 * @throws {HelperError} REFUSED when it is longer than anything that is wanted there; the stream's error
 */
export async function readInputBytes(input: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Uint8Array | string)
    length += bytes.length
    if (length > maxBytes) {
      throw new HelperError('REFUSED', `the standard input has more than ${maxBytes / 1024} KiB`, {
        hint: 'latchkey help COMMAND says what it reads there',
      })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks, length)
}

/** The same as text in UTF-8. */
export async function readInputText(input: AsyncIterable<unknown>): Promise<string> {
  return (await readInputBytes(input)).toString('utf8')
}
