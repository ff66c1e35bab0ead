import { totpOfStep, totpStep } from '../core/totp/totp.ts'
import { parseState } from './aws/state.ts'
import { DevError } from './dev-folder.ts'

/** The MFA code of an embedded user that is, or will be, valid for one more use. */
export interface CurrentCode {
  code: string
  /** How long until it is valid, in ms: a code that was used is spent, and so is the whole of its step. */
  waitMs: number
}

const periodMs = 30_000

/**
 * @param stateText the embedded AWS's state file
 * @param serialNumber of the device; the first user's by default
 * @throws {DevError} DEV_SETUP_FAILED when there is no embedded user yet, or none with that device
 */
export function currentCode(stateText: string | undefined, nowMs: number, serialNumber?: string): CurrentCode {
  const devices = parseState(stateText).users.flatMap(({ mfaDevices }) => mfaDevices)
  const device = serialNumber === undefined ? devices[0] : devices.find((each) => each.serialNumber === serialNumber)
  if (device === undefined) {
    const what = serialNumber === undefined ? 'embedded AWS user' : `user with the MFA device ${serialNumber}`
    throw new DevError('DEV_SETUP_FAILED', `there is no ${what} here`, {
      hint: 'run it inside latchkey dev, or name the folder of one with --dir',
    })
  }
  const step = Math.max(totpStep(nowMs), device.lastAcceptedStep + 1)
  return { code: totpOfStep(device.secretBase32, step), waitMs: Math.max(0, step * periodMs - nowMs) }
}
