import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** The code that the embedded user's MFA device shows now (RFC 6238: SHA-1, 30 s, six digits). */
export function currentCode() {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac('sha1', fromBase32(process.env.LATCHKEY_DEV_TOTP_SECRET)).update(counter).digest()
  const offset = digest[19] & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function fromBase32(text) {
  const bits = [...text.replace(/=+$/, '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/**
 * Gets a profile's credentials as a program with a terminal does: the daemon lends it the question, which it answers on
 * the same connection.
 */
export async function answerThroughApi(profile) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const reply = await call(agent, 'GET', `/v1/aws/credentials/${profile}`)
      if (reply.status === 200) return { stdout: reply.body }
      const { error } = JSON.parse(reply.body)
      // Someone who pressed Ctrl-C at the prompt has it closed for a moment.
      if (error.prompt === undefined) await wait(2_000)
      else await call(agent, 'POST', `/v1/prompts/${error.prompt.id}`, { answer: currentCode() })
    }
    throw new Error('the daemon did not take the code')
  } finally {
    agent.destroy()
  }
}

function call(agent, method, path, body) {
  const socketPath = join(process.env.LATCHKEY_RUNTIME_DIR, 'api.sock')
  const headers = { host: 'latchkey', 'latchkey-prompt': 'terminal', 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, socketPath, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, body: text }))
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
