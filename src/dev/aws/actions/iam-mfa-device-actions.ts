import { formatUtc } from '../../../core/time/utc-time.ts'
import { mfaContext } from '../caller/caller.ts'
import { userArn } from '../directory.ts'
import { createFieldReader } from '../protocol/fields.ts'
import { AwsRefusal, explicitDeny, notAuthorized } from '../protocol/refusal.ts'
import { maxMfaDevices } from '../quotas.ts'
import type { DevUser } from '../state.ts'
import type { Action, ActionContext } from './action.ts'
import { ownUser } from './iam-permission.ts'
import { isKnown, knownFrom, placeOfCodes } from './mfa.ts'

/** The devices of the calling user. */
const listMfaDevices: Action = async (context) => {
  const user = ownUser(context)
  return {
    IsTruncated: false,
    MFADevices: user.mfaDevices.map(({ serialNumber, enabledAtMs }) => ({
      UserName: user.name,
      SerialNumber: serialNumber,
      EnableDate: formatUtc(enabledAtMs),
    })),
  }
}

/** Gives the calling user a device that is nobody's. */
const enableMfaDevice: Action = async (context) => {
  const { directory, nowMs } = context
  const { state } = directory
  const user = ownUser(context)
  const { serialNumber, codes } = readCodes(context)
  refuseWithoutMfa(context, user)
  if (directory.deviceOwner(serialNumber) !== undefined) {
    throw new AwsRefusal('EntityAlreadyExists', `MFA Device with serial number ${serialNumber} is already in use.`)
  }
  const device = state.freeDevices.find((free) => free.serialNumber === serialNumber)
  if (device === undefined || !isKnown(device, nowMs)) throw noDevice(serialNumber)
  if (user.mfaDevices.length >= maxMfaDevices) {
    throw new AwsRefusal('LimitExceeded', `Cannot exceed quota for MFADevicesPerUser: ${maxMfaDevices}`)
  }
  const { secretBase32 } = device
  const place = placeOfCodes(secretBase32, codes, { nowMs })
  user.mfaDevices.push({ serialNumber, secretBase32, enabledAtMs: nowMs, ...place, ...knownFrom(context) })
  state.freeDevices = state.freeDevices.filter((free) => free !== device)
  await directory.save()
  return {}
}

/** Sets a device of the calling user by two codes. */
const resyncMfaDevice: Action = async (context) => {
  const { directory, nowMs } = context
  const user = ownUser(context)
  const { serialNumber, codes } = readCodes(context)
  const device = user.mfaDevices.find((own) => own.serialNumber === serialNumber)
  if (device === undefined) throw noDevice(serialNumber)
  Object.assign(device, placeOfCodes(device.secretBase32, codes, { nowMs, afterStep: device.lastAcceptedStep }))
  await directory.save()
  return {}
}

function readCodes({ call }: ActionContext): { serialNumber: string; codes: [string, string] } {
  const fields = createFieldReader(call)
  const code = { min: 6, max: 6, pattern: '[\\d]+' }
  fields.requiredText('UserName', { min: 1, max: 128 })
  const given = {
    serialNumber: fields.requiredText('SerialNumber', { min: 9, max: 256, pattern: '[\\w+=/:,.@-]+' }),
    codes: [fields.requiredText('AuthenticationCode1', code), fields.requiredText('AuthenticationCode2', code)],
  } satisfies { codes: [string, string]; serialNumber: string }
  fields.check()
  return given
}

/** A guess, and the stricter one: who has a factor must prove it before they get another. */
function refuseWithoutMfa({ call, caller, nowMs }: ActionContext, user: DevUser): void {
  const isProved = mfaContext(caller, undefined, nowMs).get('aws:multifactorauthpresent') === 'true'
  if (isProved || user.mfaDevices.length === 0) return
  throw notAuthorized(userArn(user), `iam:${call.action}`, `user ${user.name} ${explicitDeny}`)
}

function noDevice(serialNumber: string): AwsRefusal {
  return new AwsRefusal('NoSuchEntity', `MFA Device with serial number ${serialNumber} does not exist.`)
}

/** What IAM does with the devices of users. */
export const mfaDeviceActions = {
  EnableMFADevice: enableMfaDevice,
  ListMFADevices: listMfaDevices,
  ResyncMFADevice: resyncMfaDevice,
} satisfies Readonly<Record<string, Action>>
