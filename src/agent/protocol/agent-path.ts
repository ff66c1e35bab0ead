import { SshReader, SshWriter } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'

/**
 * An extension of ours (docs/PROTOCOL.md P-29): before anything else, an agent tells one behind it by which agents the connection
 * has come, a token for each. An agent that finds a token of its own would ask itself.
 */
export const agentPathName = 'agent-path@latchkey'

/** More agents than anybody puts behind one another. */
const maxTokens = 8
const maxTokenBytes = 32

/** @throws {AgentError} PATH_TOO_LONG @throws {SshError} WIRE_… */
export function readAgentPath(contents: Uint8Array): readonly Uint8Array[] {
  const reader = new SshReader(contents)
  const path: Uint8Array[] = []
  while (reader.remaining > 0) {
    // A copy: the message is part of a chunk.
    const token = Uint8Array.from(reader.string())
    if (path.length >= maxTokens || token.length > maxTokenBytes)
      throw new AgentError('PATH_TOO_LONG', `a connection has come by more than ${maxTokens} agents`)
    path.push(token)
  }
  return path
}

/** Writes what `readAgentPath` reads. */
export function writeAgentPath(path: readonly Uint8Array[]): Uint8Array {
  return path.reduce((writer, token) => writer.string(token), new SshWriter()).bytes()
}
