import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Addition, VaultCore } from '../../../../src/dev/vault/backend.ts'
import type { VaultCall } from '../../../../src/dev/vault/call.ts'
import { type Answer, empty, errorAnswer } from '../../../../src/dev/vault/reply.ts'
import { healthAnswer, sealStatusAnswer } from '../../../../src/dev/vault/system/status.ts'

/** The seal of a server, for the code that started the server. */
export interface Seal {
  /** Base64; the whole of it is one share. */
  unsealKey(): string
  seal(): void
  unseal(): void
  /** To be plugged in. */
  plugin(core: VaultCore): Addition
}

/** A seal that starts open, even when it was closed in an earlier run: it is for development. */
export function createSeal(): Seal {
  let isSealed = false
  let key = ''
  return {
    unsealKey: () => key,
    seal() {
      isSealed = true
    },
    unseal() {
      isSealed = false
    },
    plugin(core) {
      key = core.part('seal', () => ({ key: randomBytes(32).toString('base64') })).key
      const unseal = (given: unknown): Answer => {
        if (typeof given !== 'string' || given === '') {
          return errorAnswer(400, "'key' must be specified in request body as JSON, or 'reset' set to true")
        }
        if (!isSame(given, key)) return errorAnswer(400, 'invalid key: failed to decrypt keys from storage')
        isSealed = false
        return sealStatusAnswer(core.state, false)
      }
      return {
        intercept({ method, path, query, body }) {
          const isWriting = method === 'POST' || method === 'PUT'
          if (path === 'sys/unseal') return isWriting ? unseal(body?.key) : errorAnswer(405, '')
          return isSealed ? whileSealed(core, { method, path, query }) : undefined
        },
        routes: {
          system: [
            {
              pattern: 'seal',
              needsSudo: true,
              update() {
                isSealed = true
                return empty
              },
            },
          ],
        },
      }
    },
  }
}

const isReading = (method: string) => method === 'GET' || method === 'HEAD'

function whileSealed(core: VaultCore, call: Pick<VaultCall, 'method' | 'path' | 'query'>): Answer | undefined {
  const { method, path, query } = call
  if (path === 'sys/health' && isReading(method)) return healthAnswer(core.state, query, core.now(), true)
  if (path === 'sys/seal-status' && isReading(method)) return sealStatusAnswer(core.state, true)
  // Paths that answer in any state are left to their own handlers.
  if (['sys/health', 'sys/seal-status', 'sys/leader', 'sys/init'].includes(path)) return undefined
  return errorAnswer(503, 'Vault is sealed')
}

function isSame(given: string, key: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(key)]
  return left.length === right.length && timingSafeEqual(left, right)
}
