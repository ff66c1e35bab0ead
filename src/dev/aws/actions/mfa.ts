import { totpOfStep, totpStep } from '../../../core/totp/totp.ts'
import type { Caller } from '../caller/caller.ts'
import type { FieldReader } from '../protocol/fields.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import type { DevMfaDevice } from '../state.ts'
import type { ActionContext } from './action.ts'

/** A one-time code as a call brings it. */
export interface GivenCode {
  serialNumber: string | undefined
  code: string | undefined
}

/** Reads SerialNumber and TokenCode, which GetSessionToken and AssumeRole share. */
export function readGivenCode(fields: FieldReader): GivenCode {
  return {
    serialNumber: fields.text('SerialNumber', { min: 9, max: 256, pattern: '[\\w+=/:,.@-]*' }),
    code: fields.text('TokenCode', { min: 6, max: 6, pattern: '[\\d]*' }),
  }
}

/**
 * Accepts a one-time code: it and all before it are spent afterwards, whatever becomes of the call.
 * @returns whether a code was given, and accepted: then save before answering
 * @throws {AwsRefusal} AccessDenied; a wrong code and a spent one have the same text
 */
export function takeCode({ serialNumber, code }: GivenCode, { caller, nowMs }: ActionContext): boolean {
  if (serialNumber === undefined && code === undefined) return false
  if (serialNumber === undefined || code === undefined) {
    throw denied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
  }
  const device = devicesOf(caller).find((candidate) => candidate.serialNumber === serialNumber)
  if (device === undefined || !isKnown(device, nowMs)) {
    throw denied(
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  }
  const expected = totpStep(nowMs) + device.aheadSteps
  const step = [expected - 1, expected, expected + 1].find(
    (candidate) => candidate > device.lastAcceptedStep && totpOfStep(device.secretBase32, candidate) === code,
  )
  if (step === undefined) {
    throw denied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
  }
  device.lastAcceptedStep = step
  return true
}

/** Whether AWS knows everywhere that a device was made, or given to its user (`newDeviceDelayMs`). */
export const isKnown = ({ knownAtMs = 0 }: { knownAtMs?: number }, nowMs: number): boolean => knownAtMs <= nowMs

/** From when on it does. Without a delay at once, whatever becomes of the clock: it may be set back. */
export function knownFrom({ nowMs, newDeviceDelayMs }: ActionContext): { knownAtMs?: number } {
  const delayMs = newDeviceDelayMs()
  return delayMs === 0 ? {} : { knownAtMs: nowMs + delayMs }
}

const devicesOf = (caller: Caller): readonly DevMfaDevice[] => (caller.type === 'user' ? caller.user.mfaDevices : [])

/** How far from the present two consecutive codes are looked for, in steps. What AWS's limit is, is not known. */
const searchedSteps = 40

/**
 * What two consecutive codes say about a device. Late ones are accepted, and the device then is behind: its present codes
 * are refused until it is set again (IAM API reference, EnableMFADevice).
 * @param afterStep codes of this step and of those before are spent
 * @throws {AwsRefusal} InvalidAuthenticationCode
 */
export function placeOfCodes(
  secretBase32: string,
  [first, second]: readonly [string, string],
  { nowMs, afterStep = -1 }: { nowMs: number; afterStep?: number },
): Pick<DevMfaDevice, 'lastAcceptedStep' | 'aheadSteps'> {
  const present = totpStep(nowMs)
  // The nearest pair first: digits may repeat.
  for (let distance = 0; distance <= searchedSteps; distance += 1) {
    for (const step of [present - distance, present + distance]) {
      const isPair = totpOfStep(secretBase32, step - 1) === first && totpOfStep(secretBase32, step) === second
      if (isPair && step - 1 > afterStep) return { lastAcceptedStep: step, aheadSteps: step - present }
    }
  }
  throw new AwsRefusal('InvalidAuthenticationCode', 'Authentication code for device is not valid.')
}

function denied(message: string): AwsRefusal {
  return new AwsRefusal('AccessDenied', message)
}
