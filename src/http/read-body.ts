/**
 * Reads a whole body, with a limit on what a sender can make us hold.
 * @param onBytes called with the number of bytes so far, after each chunk
 * @returns undefined if the body is longer; reading then stops, and the stream is destroyed unless its iterator says
 *   otherwise
 * @throws the stream's error
 */
export async function readBody(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onBytes: (bytes: number) => void = () => {},
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > maxBytes) return undefined
    chunks.push(chunk)
    onBytes(bytes)
  }
  return Buffer.concat(chunks, bytes)
}
