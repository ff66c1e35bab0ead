import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, reportedError, time } from './fields.ts'

const code = v.pipe(v.string(), v.regex(/^\d{6}$/, 'not a code of 6 digits'))
const serialNumber = v.pipe(v.string(), v.regex(/^[\w+=/:,.@-]{9,256}$/, 'not the serial number of an MFA device'))
/** Of one device, one after the other. */
const codes = v.strictObject({ serialNumber, codes: v.strictTuple([code, code]) })
/** `refusal`: AWS does not accept the codes, in words for the person, who may try others. */
const outcome = v.object({ refusal: v.exactOptional(v.string()) })

/** Only the first three have codes for the AWS API. */
const deviceKinds = ['virtual', 'hardware', 'sms', 'security-key'] as const

/** The MFA devices of the user behind the key of a source; without `devices` AWS refuses to tell, and `refusal` says why. */
export const listMfaDevices = {
  method: 'GET',
  pattern: '/v1/aws/sources/{source}/mfa',
  answer: v.object({
    /** The user. */
    arn: v.string(),
    devices: v.exactOptional(
      listOf(v.object({ serialNumber: v.string(), kind: v.picklist(deviceKinds), enabledAt: time })),
    ),
    refusal: v.exactOptional(reportedError),
  }),
} as const satisfies Endpoint
/** The devices of a user. */
export type MfaDeviceList = AnswerOf<typeof listMfaDevices>
/** One of them. */
export type MfaDevice = NonNullable<MfaDeviceList['devices']>[number]

/**
 * Makes a virtual device, which is nobody's until it is enabled. `seed` is its secret in base32, which is told this once.
 * `leftovers` are devices whose secrets are lost, because an earlier try was not finished.
 */
export const createMfaDevice = {
  method: 'POST',
  pattern: '/v1/aws/sources/{source}/mfa',
  mayAsk: true,
  request: v.strictObject({
    name: v.exactOptional(v.pipe(v.string(), v.regex(/^[\w+=,.@-]{1,224}$/, 'not the name of an MFA device'))),
  }),
  answer: v.object({
    serialNumber,
    // It goes to the terminal as it is.
    seed: v.pipe(v.string(), v.regex(/^[A-Z2-7]{16,256}=*$/, 'not base32')),
    leftovers: listOf(v.object({ serialNumber, isDeleted: v.boolean() })),
  }),
} as const satisfies Endpoint
/** The new device. */
export type CreatedMfaDevice = AnswerOf<typeof createMfaDevice>

/** Gives a new device to the user, for two consecutive codes of it. */
export const enableMfaDevice = {
  method: 'POST',
  pattern: '/v1/aws/sources/{source}/mfa/enable',
  mayAsk: true,
  request: codes,
  answer: outcome,
} as const satisfies Endpoint

/** Sets a device of the user that is out of step, by two consecutive codes of it. */
export const resyncMfaDevice = {
  method: 'POST',
  pattern: '/v1/aws/sources/{source}/mfa/resync',
  request: codes,
  answer: outcome,
} as const satisfies Endpoint

/** Begins the MFA session of the source with a code of a device, whether or not config.toml names that yet. */
export const proveMfaDevice = {
  method: 'POST',
  pattern: '/v1/aws/sources/{source}/mfa/session',
  request: v.strictObject({ serialNumber, code }),
  answer: v.union([v.object({ expiresAt: time }), v.object({ refusal: v.string() })]),
} as const satisfies Endpoint
