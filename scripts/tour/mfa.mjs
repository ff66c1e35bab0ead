import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { run } from './show.mjs'

/** The code that the embedded user's MFA device shows now and that has not been used yet. */
export async function currentCode() {
  return (await run('latchkey', ['dev', 'code'])).stdout.trim()
}

/**
 * Gets a profile's credentials the way a program with a terminal does: the daemon lends it the question, and it answers on
 * the same connection.
 */
export async function answerThroughApi(profile) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const reply = await call(agent, 'GET', `/v1/aws/credentials/${profile}`)
      if (reply.status === 200) return { stdout: reply.body }
      const { error } = JSON.parse(reply.body)
      // After Ctrl-C at the prompt, nobody is asked for a moment.
      if (error.prompt === undefined) await wait(2_000)
      else await call(agent, 'POST', `/v1/prompts/${error.prompt.id}`, { answer: await currentCode() })
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
