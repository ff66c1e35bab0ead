import { randomBytes } from 'node:crypto'
import { formatUtc } from '../../../core/time/utc-time.ts'
import { encodeBase32 } from '../../../core/totp/base32.ts'
import { identityOf } from '../caller/caller.ts'
import { iamArn } from '../identifiers.ts'
import { createFieldReader } from '../protocol/fields.ts'
import type { XmlValue } from '../protocol/query-protocol.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import type { Action } from './action.ts'
import { authorize } from './iam-permission.ts'
import { describeUser } from './iam-user-actions.ts'
import { knownFrom } from './mfa.ts'

/** AWS's own seeds have 64 characters in base32. */
const seedBytes = 40

/** Makes a device that is nobody's. Its secret is shown once, and here as text only: AWS sends a picture as well. */
const createVirtualMfaDevice: Action = async (context) => {
  const { call, caller, nowMs, directory } = context
  const fields = createFieldReader(call)
  const name = fields.requiredText('VirtualMFADeviceName', { min: 1, max: 226, pattern: '[\\w+=,.@-]+' })
  fields.check()
  if (call.fields.has('Path')) throw new AwsRefusal('ValidationError', 'The embedded AWS knows no paths of devices.')
  const serialNumber = iamArn(identityOf(caller).account, 'mfa', name)
  authorize(context, serialNumber)
  const isFree = directory.state.freeDevices.some((free) => free.serialNumber === serialNumber)
  if (isFree || directory.deviceOwner(serialNumber) !== undefined) {
    throw new AwsRefusal('EntityAlreadyExists', 'MFADevice entity at the same path and name already exists.')
  }
  const secretBase32 = encodeBase32(randomBytes(seedBytes))
  directory.state.freeDevices.push({ serialNumber, secretBase32, createdAtMs: nowMs, ...knownFrom(context) })
  await directory.save()
  // A blob of the protocol is base64, whatever is in it: of the base32 text here.
  return {
    VirtualMFADevice: {
      SerialNumber: serialNumber,
      Base32StringSeed: Buffer.from(secretBase32).toString('base64'),
    },
  }
}

/** The virtual devices of the account, with and without a user. */
const listVirtualMfaDevices: Action = async (context) => {
  const { call, caller, directory } = context
  const fields = createFieldReader(call)
  const status = fields.text('AssignmentStatus', { min: 3, max: 10, pattern: 'Assigned|Unassigned|Any' }) ?? 'Any'
  fields.check()
  authorize(context, '*')
  const { account } = identityOf(caller)
  const isHere = ({ serialNumber }: { serialNumber: string }) => serialNumber.startsWith(iamArn(account, 'mfa', ''))
  const assigned = directory.state.users.flatMap((user) =>
    user.mfaDevices.filter(isHere).map(
      ({ serialNumber, enabledAtMs }): XmlValue => ({
        SerialNumber: serialNumber,
        EnableDate: formatUtc(enabledAtMs),
        User: describeUser(user),
      }),
    ),
  )
  const free = directory.state.freeDevices
    .filter(isHere)
    .map(({ serialNumber }): XmlValue => ({ SerialNumber: serialNumber }))
  return {
    IsTruncated: false,
    VirtualMFADevices: [...(status === 'Assigned' ? [] : free), ...(status === 'Unassigned' ? [] : assigned)],
  }
}

/** Takes a device of nobody's away. */
const deleteVirtualMfaDevice: Action = async (context) => {
  const { call, directory } = context
  const fields = createFieldReader(call)
  const serialNumber = fields.requiredText('SerialNumber', { min: 9, max: 256, pattern: '[\\w+=/:,.@-]+' })
  fields.check()
  authorize(context, serialNumber)
  if (directory.deviceOwner(serialNumber) !== undefined) {
    throw new AwsRefusal('DeleteConflict', 'MFA VirtualDevice in use. Must deactivate first.')
  }
  const { state } = directory
  const rest = state.freeDevices.filter((free) => free.serialNumber !== serialNumber)
  if (rest.length === state.freeDevices.length) {
    throw new AwsRefusal('NoSuchEntity', `VirtualMFADevice with serial number ${serialNumber} does not exist.`)
  }
  state.freeDevices = rest
  await directory.save()
  return {}
}

/** What IAM does with virtual devices, whosever they are. */
export const virtualDeviceActions = {
  CreateVirtualMFADevice: createVirtualMfaDevice,
  DeleteVirtualMFADevice: deleteVirtualMfaDevice,
  ListVirtualMFADevices: listVirtualMfaDevices,
} satisfies Readonly<Record<string, Action>>
