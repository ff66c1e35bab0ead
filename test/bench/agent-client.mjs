// The client's side of the agent protocol (RFC 9987), as far as the benchmarks need it.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

const numbers = { success: 6, list: 11, listAnswer: 12, sign: 13, signAnswer: 14, add: 17, remove: 18, extension: 27 }
const answerTo = { [numbers.list]: numbers.listAnswer, [numbers.sign]: numbers.signAnswer }

function uint32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const string = (contents) => {
  const bytes = Buffer.from(contents)
  return Buffer.concat([uint32(bytes.length), bytes])
}

const frame = (number, ...fields) => string(Buffer.concat([Buffer.of(number), ...fields]))
const ed25519 = 'ssh-ed25519'
const bytesOf = (key, member) => Buffer.from(key.export({ format: 'jwk' })[member], 'base64url')

/** An Ed25519 key pair with its blob. */
export function makeKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, keyBlob: Buffer.concat([string(ed25519), string(bytesOf(publicKey, 'x'))]) }
}

export const listRequest = frame(numbers.list)
export const signRequest = (keyBlob, data) => frame(numbers.sign, string(keyBlob), string(data), uint32(0))
export const removeRequest = ({ keyBlob }) => frame(numbers.remove, string(keyBlob))

export function addRequest({ privateKey }, comment) {
  const [x, d] = [bytesOf(privateKey, 'x'), bytesOf(privateKey, 'd')]
  return frame(numbers.add, string(ed25519), string(x), string(Buffer.concat([d, x])), string(comment))
}

/** What ssh sends first: the host has proved its key to this session (OpenSSH's PROTOCOL.agent §1). */
export function bindRequest({ privateKey, keyBlob }) {
  const sessionId = randomBytes(32)
  const signature = Buffer.concat([string(ed25519), string(sign(undefined, sessionId, privateKey))])
  const fields = [string(keyBlob), string(sessionId), string(signature), Buffer.of(0)]
  return frame(numbers.extension, string('session-bind@openssh.com'), ...fields)
}

/** The blobs in the answer to a list, in their order. */
export function keyBlobsOf(answer) {
  const blobs = []
  let offset = 5
  for (let left = answer.readUInt32BE(1); left > 0; left -= 1) {
    const blob = answer.subarray(offset + 4, offset + 4 + answer.readUInt32BE(offset))
    offset += 4 + blob.length
    offset += 4 + answer.readUInt32BE(offset)
    blobs.push(blob)
  }
  return blobs
}

/** A connection to an agent. */
export async function openAgent(socketPath) {
  const socket = connect(socketPath)
  await once(socket, 'connect')
  let chunks = []
  let bytes = 0
  let waiting
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (chunks[0].length < 4) chunks = [Buffer.concat(chunks)]
    if (bytes < 4 || bytes < 4 + chunks[0].readUInt32BE(0)) return
    const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    chunks = []
    bytes = 0
    waiting.resolve(whole.subarray(4))
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the agent has closed the connection')))
  return {
    /** Sends a request; the one before has been answered. @returns the answer without its length field */
    async ask(request) {
      const answer = await new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      })
      const wanted = answerTo[request[4]] ?? numbers.success
      if (answer[0] !== wanted) throw new Error(`the agent answered message ${answer[0]}, not ${wanted}`)
      return answer
    },
    close: () => socket.destroy(),
  }
}
