import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '../../../../src/core/totp/base32.ts'
import { totpOfStep, totpStep } from '../../../../src/core/totp/totp.ts'
import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import { dataReply, empty, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, type Route, withFields } from '../../../../src/dev/vault/routes.ts'
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

/** More codes than these are not looked at, until their time has passed since the first of them. */
const maxAttempts = 5
const attemptsMs = 30_000

/**
 * Codes are those of RFC 6238 with six digits and 30 seconds, good for one step either side, once.
 * @param checkUnused refuses that a method is taken away which is wanted of somebody
 */
export function createMfaMethods({ part, changed, now }: VaultCore, checkUnused: (id: string) => void): MfaMethods {
  const methods = part('mfa-methods', () => table<MfaMethodEntry>())
  /** By method and entity. */
  const seeds = part('mfa-seeds', () => table<string>())
  const attempts = new Map<string, { count: number; endsMs: number }>()
  const used = new Set<string>()
  const waiting = new Set<(outcome: string) => void>()

  const totpRefusal = (method: MfaMethodEntry, entityId: string, passcode: string): string | undefined => {
    const wrong = 'MFA credentials not supplied or incorrect'
    const seed = seeds[`${method.id}/${entityId}`]
    if (seed === undefined) return `MFA secret for method name "${method.name}" not present in entity "${entityId}"`
    // Neither of these counts as an attempt.
    if (!/^\d{6}$/.test(passcode) || used.has(`${method.id}/${passcode}`)) return wrong
    const step = totpStep(now())
    const key = `${method.id}/${entityId}`
    const before = attempts.get(key)
    const attempt = before === undefined || before.endsMs <= now() ? { count: 0, endsMs: now() + attemptsMs } : before
    attempt.count += 1
    attempts.set(key, attempt)
    if (attempt.count > maxAttempts) {
      // The real server prints a duration, and its unit once more.
      return `maximum TOTP validation attempts ${attempt.count} exceeded the allowed attempts ${maxAttempts}. Please try again in 30.000000002s seconds`
    }
    if (![-1, 0, 1].some((skew) => totpOfStep(seed, step + skew) === passcode)) return wrong
    used.add(`${method.id}/${passcode}`)
    attempts.delete(key)
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
          if (seeds[`${id}/${entityId}`] !== undefined) {
            return { type: 'warnings', warnings: [`Entity already has a secret for MFA method "${methods[id].name}"`] }
          }
          const seed = encodeBase32(randomBytes(20))
          seeds[`${id}/${entityId}`] = seed
          changed()
          return dataReply({ barcode: '', url: `otpauth://totp/corp:${entityId}?digits=6&period=30&secret=${seed}` })
        }),
      },
      {
        pattern: 'mfa/method/{type}',
        list: withFields(pageFields, (page, { params }) => {
          const ids = Object.values(methods).flatMap(({ id, type }) => (type === params.type ? [id] : []))
          return listReply(ids, page, (id) => ({ id, type: params.type, name: methods[id]!.name }))
        }),
        update: withFields(methodFields, ({ method_name: name = '', issuer = '' }, { params }) => {
          const type = params.type!
          if (!['totp', 'duo', 'okta', 'pingid'].includes(type)) throw invalidRequest(`unrecognized type "${type}"`)
          if (type === 'totp' && issuer === '') throw invalidRequest('issuer must be set')
          const id = newUuid()
          methods[id] = { id, type, name, usesPasscode: type === 'totp' }
          changed()
          return dataReply({ method_id: id })
        }),
      },
      {
        pattern: 'mfa/method/{type}/{id}',
        delete({ params }) {
          checkUnused(params.id!)
          delete methods[params.id!]
          changed()
          return empty
        },
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
