import { totpOfStep, totpStep } from '../../../core/totp/totp.ts'
import type { Caller } from '../caller/caller.ts'
import type { FieldReader } from '../protocol/fields.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import type { DevMfaDevice } from '../state.ts'

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
export function takeCode({ serialNumber, code }: GivenCode, caller: Caller, nowMs: number): boolean {
  if (serialNumber === undefined && code === undefined) return false
  if (serialNumber === undefined || code === undefined) {
    throw denied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
  }
  const devices = caller.type === 'user' ? caller.user.mfaDevices : []
  const device = devices.find((candidate) => candidate.serialNumber === serialNumber)
  if (device === undefined) {
    throw denied(
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  }
  const step = stepOfCode(device, code, totpStep(nowMs))
  if (step === undefined) {
    throw denied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
  }
  device.lastAcceptedStep = step
  return true
}

/** The step that the code belongs to, of this one and its neighbours, if it is later than the last one accepted. */
function stepOfCode(device: DevMfaDevice, code: string, current: number): number | undefined {
  return [current - 1, current, current + 1].find(
    (step) => step > device.lastAcceptedStep && totpOfStep(device.secretBase32, step) === code,
  )
}

function denied(message: string): AwsRefusal {
  return new AwsRefusal('AccessDenied', message)
}
