import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { time } from './fields.ts'

const place = v.object({ source: v.string(), mfaSerial: v.string() })

/** The device whose seed belongs to a profile or source, and where it would be kept. */
export const getSeedPlace = {
  method: 'GET',
  pattern: '/v1/aws/totp/{profile}',
  answer: v.object({ ...place.entries, keychain: v.string() }),
} as const satisfies Endpoint
/** The device, with the keychain. */
export type SeedPlace = AnswerOf<typeof getSeedPlace>

/** Stores a seed, or replaces it, after a session was begun with it; `expiresAt` is the end of that. */
export const putSeed = {
  method: 'PUT',
  pattern: '/v1/aws/totp/{profile}',
  request: v.strictObject({ seed: v.pipe(v.string(), v.maxLength(4096)) }),
  answer: v.object({ ...place.entries, expiresAt: time }),
} as const satisfies Endpoint
/** What was stored. */
export type KeptSeed = AnswerOf<typeof putSeed>

/** Removes the seed of a source from the keychain; 404 `SEED_UNKNOWN` if there is none. */
export const removeSeed = { method: 'DELETE', pattern: '/v1/aws/totp/{source}' } as const satisfies Endpoint
