// Measures an SSH agent from outside: node test/bench/agent-bench.mjs SOCKET [sign|list] [CONNECTIONS] [SECONDS] [KEY-TYPE]
// Each connection sends its next request when the answer to the last one is there, as ssh does. Prints one JSON line.
import { connect } from 'node:net'

const [socketPath, kind = 'sign', connectionCount = '1', seconds = '3', keyType = 'ssh-ed25519'] = process.argv.slice(2)
if (socketPath === undefined || !['sign', 'list'].includes(kind)) {
  process.stderr.write('usage: agent-bench.mjs SOCKET [sign|list] [CONNECTIONS] [SECONDS] [KEY-TYPE]\n')
  process.exit(2)
}

const numbers = { list: 11, listAnswer: 12, sign: 13, signAnswer: 14 }
const string = (bytes) => Buffer.concat([uint32(bytes.length), bytes])

function uint32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const frame = (number, ...fields) => string(Buffer.concat([Buffer.of(number), ...fields]))

/** Sends `request` again and again while `isOver` says no; resolves with the number of answers. */
function repeat(request, answerNumber, isOver) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(request))
    let answers = 0
    let pending = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => resolve({ answers, lastAnswer: pending }))
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      if (pending.length < 4 || pending.length < 4 + pending.readUInt32BE(0)) return
      if (pending[4] !== answerNumber) {
        reject(new Error(`the agent answered message ${pending[4]}, not ${answerNumber}`))
        socket.destroy()
        return
      }
      answers += 1
      if (isOver()) {
        socket.destroy()
        return
      }
      pending = Buffer.alloc(0)
      socket.write(request)
    })
  })
}

/** The blob of the first identity of the type, or of the first certificate of one. */
async function firstKeyBlob() {
  const { lastAnswer } = await repeat(frame(numbers.list), numbers.listAnswer, () => true)
  let offset = 9
  for (let left = lastAnswer.readUInt32BE(5); left > 0; left -= 1) {
    const blob = lastAnswer.subarray(offset + 4, offset + 4 + lastAnswer.readUInt32BE(offset))
    if (blob.toString('latin1', 4, 4 + keyType.length) === keyType) return blob
    offset += 4 + blob.length
    offset += 4 + lastAnswer.readUInt32BE(offset)
  }
  throw new Error(`the agent lists no identity of type ${keyType}`)
}

async function measure() {
  // As long as what a login has signed.
  const data = Buffer.alloc(250, 'x')
  const request =
    kind === 'list' ? frame(numbers.list) : frame(numbers.sign, string(await firstKeyBlob()), string(data), uint32(0))
  const answerNumber = kind === 'list' ? numbers.listAnswer : numbers.signAnswer
  const started = performance.now()
  const isOver = () => performance.now() - started >= Number(seconds) * 1000
  const runs = await Promise.all(
    Array.from({ length: Number(connectionCount) }, () => repeat(request, answerNumber, isOver)),
  )
  const answers = runs.reduce((sum, run) => sum + run.answers, 0)
  const perSecond = Math.round(answers / ((performance.now() - started) / 1000))
  process.stdout.write(`${JSON.stringify({ kind, connections: Number(connectionCount), answers, perSecond })}\n`)
}

await measure()
