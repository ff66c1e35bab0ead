// The least that an SSH agent in Node can do: node test/bench/bare-agent.mjs SOCKET [ssh-ed25519|ecdsa-sha2-nistp256]
// One key, whole frames, no checks, nobody's turns, no limits: what latchkey's agent is measured against.
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:net'

const [socketPath, type = 'ssh-ed25519'] = process.argv.slice(2)
const isEcdsa = type !== 'ssh-ed25519'
const { privateKey, publicKey } = isEcdsa
  ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  : generateKeyPairSync('ed25519')
const hash = isEcdsa ? 'sha256' : undefined
const signingKey = isEcdsa ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey

function uint32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const string = (bytes) => Buffer.concat([uint32(bytes.length), bytes])
const mpint = (number) => string(number[0] >= 0x80 ? Buffer.concat([Buffer.of(0), number]) : number)

function keyBlob() {
  const der = publicKey.export({ format: 'der', type: 'spki' })
  const name = string(Buffer.from(type))
  if (!isEcdsa) return Buffer.concat([name, string(der.subarray(-32))])
  return Buffer.concat([name, string(Buffer.from('nistp256')), string(der.subarray(-65))])
}

const list = string(Buffer.concat([Buffer.of(12), uint32(1), string(keyBlob()), string(Buffer.from('bare'))]))

function answer(message) {
  if (message[0] !== 13) return list
  const dataAt = 5 + message.readUInt32BE(1)
  const data = message.subarray(dataAt + 4, dataAt + 4 + message.readUInt32BE(dataAt))
  const raw = sign(hash, data, signingKey)
  const value = isEcdsa ? Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]) : raw
  return string(Buffer.concat([Buffer.of(14), string(Buffer.concat([string(Buffer.from(type)), string(value)]))]))
}

createServer((socket) => {
  let pending = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const end = 4 + pending.readUInt32BE(0)
      socket.write(answer(pending.subarray(4, end)))
      pending = pending.subarray(end)
    }
  })
}).listen(socketPath)
