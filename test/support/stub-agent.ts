import { Duplex } from 'node:stream'
import { agentPathName, readAgentPath } from '../../src/agent/protocol/agent-path.ts'
import { createFrameDecoder, maxFrameBytes } from '../../src/agent/protocol/frame.ts'
import type { AgentRequest, AgentResponse } from '../../src/agent/protocol/messages.ts'
import { decodeRequest } from '../../src/agent/protocol/requests.ts'
import { encodeResponse } from '../../src/agent/protocol/responses.ts'

/** What another agent says to a request: an answer, bytes as they are, or nothing. */
export type AgentReply = (request: AgentRequest) => AgentResponse | Uint8Array | undefined

/** Another agent at the end of a stream. */
export function stubAgent(reply: AgentReply) {
  const requests: AgentRequest[] = []
  /** By which agents it was told that the connection has come; it knows nothing of that, as others do not. */
  const paths: (readonly Uint8Array[])[] = []
  /** As they were sent, in the memory of the sender. */
  const chunks: Uint8Array[] = []
  const decoder = createFrameDecoder(maxFrameBytes)
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      decoder.push(chunk)
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        // A copy: the frame is overwritten by its sender.
        const request = decodeRequest(Buffer.from(message))
        const isPath = request.type === 'extension' && request.name === agentPathName
        if (isPath) paths.push(readAgentPath(request.contents))
        else requests.push(request)
        const answer = isPath ? ({ type: 'failure' } as const) : reply(request)
        if (answer !== undefined) stream.push(answer instanceof Uint8Array ? answer : encodeResponse(answer))
      }
      done()
    },
  })
  return { stream, requests, paths, chunks }
}
