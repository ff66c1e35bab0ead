import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port on which nobody listens, for programs that must be told one: another program could take it in between, and the
 * caller then sees the program's message.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
