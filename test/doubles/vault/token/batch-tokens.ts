import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Plugin, VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { textOf } from '../../../../src/dev/vault/fields.ts'
import type { Handler, VaultRequest } from '../../../../src/dev/vault/routes.ts'
import type { TokenEntry } from '../../../../src/dev/vault/state.ts'

/** Batch tokens, and what cannot be done with them. */
export const batchTokens: Plugin = (core) => {
  const { key } = core.part('batchTokens', () => ({ key: randomBytes(32).toString('base64') }))
  return {
    batchTokens: { seal: (entry) => sealBatchToken(entry, key), open: (id) => openBatchToken(id, key) },
    decorate(type, route) {
      const refusal = type === 'token' ? refusals[route.pattern] : undefined
      if (refusal === undefined || route.update === undefined) return route
      return { ...route, update: refusing(core, route.update, refusal) }
    },
  }
}

const refusals: Readonly<Record<string, string>> = {
  create: 'batch tokens cannot create more tokens',
  'create-orphan': 'batch tokens cannot create more tokens',
  'renew-self': 'batch tokens cannot be renewed',
  renew: 'batch tokens cannot be renewed',
  'revoke-self': 'batch tokens cannot be revoked',
  revoke: 'batch tokens cannot be revoked',
  'revoke-orphan': 'batch tokens cannot be revoked',
}

function refusing(core: VaultCore, handler: Handler, refusal: string): Handler {
  return (request) => {
    if (tokenMeantBy(core, request)?.type === 'batch') throw invalidRequest(refusal)
    return handler(request)
  }
}

/** The token that a call is about: its own, or the one in its body. */
function tokenMeantBy({ tokens }: VaultCore, { path, data, caller }: VaultRequest): TokenEntry | undefined {
  const isOfItsOwn = /\/(create|create-orphan|renew-self|revoke-self)$/.test(path)
  return (isOfItsOwn ? caller?.token : tokens.find(textOf(data.token)))?.entry
}

const ivBytes = 12
const tagBytes = 16

/** A batch token is its entry, encrypted (AES-256-GCM): the server keeps nothing of it. */
function sealBatchToken(entry: TokenEntry, key: string): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(entry), 'utf8'), cipher.final()])
  return `b.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
}

function openBatchToken(id: string, key: string): TokenEntry | undefined {
  const bytes = Buffer.from(id.slice(2), 'base64url')
  if (bytes.length <= ivBytes + tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
    return JSON.parse(opened.toString('utf8'))
  } catch {
    // Forged, or made by another server: it is treated as unknown.
    return undefined
  }
}
