import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '../../../../src/core/totp/base32.ts'
import { totpOfStep, totpStep } from '../../../../src/core/totp/totp.ts'
import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import { dataReply } from '../../../../src/dev/vault/reply.ts'
import { type Route, withFields } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'

/** A configured method. */
export interface MfaMethodEntry {
  id: string
  type: string
  name: string
  usesPasscode: boolean
}

/** The methods of login MFA, and how each is satisfied. */
export interface MfaMethods {
  find(id: string): MfaMethodEntry | undefined
  /** Why it is not satisfied; undefined where it is. One without a passcode waits for a phone. */
  refusalOf(method: MfaMethodEntry, entityId: string, passcode: string): Promise<string | undefined>
  /** The phones answer. @param outcome `approved`, or anything else */
  answerPushes(outcome: string): void
  routes: readonly Route[]
}

/** More wrong codes than these are not looked at until the next code. */
const maxAttempts = 5

/** Codes are those of RFC 6238 with six digits and 30 seconds, good for one step either side, once. */
export function createMfaMethods({ part, changed, now }: VaultCore): MfaMethods {
  const methods = part('mfa-methods', () => table<MfaMethodEntry>())
  /** By method and entity. */
  const seeds = part('mfa-seeds', () => table<string>())
  const attempts = new Map<string, number>()
  const used = new Set<string>()
  const waiting = new Set<(outcome: string) => void>()

  const totpRefusal = (method: MfaMethodEntry, entityId: string, passcode: string): string | undefined => {
    const step = totpStep(now())
    const attempt = `${method.id}/${entityId}/${step}`
    const count = attempts.get(attempt) ?? 0
    if (count >= maxAttempts) {
      return `maximum TOTP validation attempts ${count + 1} exceeded the allowed attempts ${maxAttempts}. Please try again in 30 seconds`
    }
    const seed = seeds[`${method.id}/${entityId}`]
    const isRight = seed !== undefined && [-1, 0, 1].some((skew) => totpOfStep(seed, step + skew) === passcode)
    if (!isRight || used.has(`${method.id}/${passcode}`)) {
      attempts.set(attempt, count + 1)
      return 'MFA credentials not supplied or incorrect'
    }
    used.add(`${method.id}/${passcode}`)
    attempts.delete(attempt)
    return undefined
  }

  return {
    find: (id) => methods[id],
    async refusalOf(method, entityId, passcode) {
      if (method.type === 'totp') return totpRefusal(method, entityId, passcode)
      const outcome = await new Promise<string>((resolve) => waiting.add(resolve))
      return outcome === 'approved' ? undefined : `${method.type} authentication failed: "Login request denied."`
    },
    answerPushes(outcome) {
      for (const resolve of waiting) resolve(outcome)
      waiting.clear()
    },
    routes: [
      {
        pattern: 'mfa/method/totp/admin-generate',
        update: withFields({ method_id: 'text', entity_id: 'text' }, (fields) => {
          const { method_id: id = '', entity_id: entityId = '' } = fields
          if (methods[id]?.type !== 'totp') throw invalidRequest(`configuration for method ID "${id}" does not exist`)
          const seed = encodeBase32(randomBytes(20))
          seeds[`${id}/${entityId}`] = seed
          changed()
          return dataReply({ barcode: '', url: `otpauth://totp/corp:${entityId}?digits=6&period=30&secret=${seed}` })
        }),
      },
      {
        pattern: 'mfa/method/{type}',
        update: withFields(methodFields, ({ method_name: name = '' }, { params }) => {
          const type = params.type!
          if (!['totp', 'duo', 'okta', 'pingid'].includes(type)) throw invalidRequest(`unrecognized type "${type}"`)
          const id = newUuid()
          methods[id] = { id, type, name, usesPasscode: type === 'totp' }
          changed()
          return dataReply({ method_id: id })
        }),
      },
    ],
  }
}

const methodFields = {
  method_name: 'text',
  issuer: 'text',
  period: 'integer',
  key_size: 'integer',
  algorithm: 'text',
  digits: 'integer',
  max_validation_attempts: 'integer',
} as const
