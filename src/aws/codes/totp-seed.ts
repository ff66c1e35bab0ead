import { Secret } from '../../core/secret.ts'
import { Base32Error, decodeBase32 } from '../../core/totp/base32.ts'
import { type TotpOptions, totp, totpAlgorithms } from '../../core/totp/totp.ts'
import { AwsError } from '../aws-error.ts'

/** What an authenticator app makes the codes of a device of (RFC 6238). AWS takes codes of six digits only. */
export interface TotpSeed {
  /** Base32, in one spelling. */
  secret: Secret<string>
  periodSeconds: number
  algorithm: NonNullable<TotpOptions['algorithm']>
}

/** RFC 4226 §4 wants 128 bits; some services give their apps 80. What is shorter is something else, or a part. */
const minBytes = 10
const maxPeriodSeconds = 300

/**
 * Reads a seed as people have it: base32, in groups or not, or an `otpauth:` address, as in a QR code (Google
 * Authenticator, "Key Uri Format").
 * @throws {AwsError} AWS_SEED_INVALID; nothing of the text is repeated
 */
export function parseTotpSeed(text: string): TotpSeed {
  const trimmed = text.trim()
  if (/^[a-z-]+:/i.test(trimmed)) return fromAddress(trimmed)
  return { secret: base32(trimmed), periodSeconds: 30, algorithm: 'sha1' }
}

/** The code at a time, in ms since the epoch. */
export function codeOf({ secret, periodSeconds, algorithm }: TotpSeed, atMs: number): Secret<string> {
  return new Secret(totp(secret.expose(), atMs, { periodSeconds, algorithm }))
}

function fromAddress(text: string): TotpSeed {
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (address?.protocol === 'otpauth-migration:') {
    throw invalid(
      'this is an export of an app, and not the seed of one device',
      'take the seed of the device out of it',
    )
  }
  if (address?.protocol === 'otpauth:' && address.host === 'hotp') {
    throw invalid('this is the seed of a device that counts, and AWS takes those of a clock')
  }
  if (address?.protocol !== 'otpauth:' || address.host !== 'totp') {
    throw invalid('this is neither base32 nor an otpauth: address')
  }
  const { searchParams } = address
  const doubled = [...searchParams.keys()].some((name, index, names) => names.indexOf(name) !== index)
  if (doubled) throw invalid('this otpauth: address says something twice')
  const digits = searchParams.get('digits') ?? '6'
  if (digits !== '6') throw invalid('this seed does not make codes of six digits, and AWS takes no others')
  const period = searchParams.get('period') ?? '30'
  const periodSeconds = /^\d{1,3}$/.test(period) ? Number(period) : 0
  if (periodSeconds < 1 || periodSeconds > maxPeriodSeconds) throw invalid('the period of this seed is not 1 to 300 s')
  const wanted = (searchParams.get('algorithm') ?? 'SHA1').toLowerCase().replace('-', '')
  const algorithm = totpAlgorithms.find((known) => known === wanted)
  if (algorithm === undefined) throw invalid('the algorithm of this seed is none of SHA1, SHA256 and SHA512')
  return { secret: base32(searchParams.get('secret') ?? ''), periodSeconds, algorithm }
}

function base32(text: string): Secret<string> {
  const digits = text.replace(/[\s-]/g, '').replace(/=+$/, '').toUpperCase()
  try {
    if (decodeBase32(digits).length < minBytes) throw invalid('this is too short for a seed')
  } catch (error) {
    if (error instanceof Base32Error) throw invalid('this seed is not base32 (A to Z and 2 to 7)')
    throw error
  }
  return new Secret(digits)
}

function invalid(message: string, hint = 'give the text below the QR code, or the address that is in it'): AwsError {
  return new AwsError('AWS_SEED_INVALID', message, { hint })
}
