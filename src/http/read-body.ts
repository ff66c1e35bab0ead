/**
 * Reads a body whole, with a cap on what a sender makes us hold.
 * @param onBytes told how many bytes there are, whenever there are more
 * @returns undefined where it is longer; no more of it is read then, and a stream is destroyed unless its iterator says
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
