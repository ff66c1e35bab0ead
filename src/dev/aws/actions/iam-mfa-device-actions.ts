import { formatUtc } from '../../../core/time/utc-time.ts'
import type { Action } from './action.ts'
import { ownUser } from './iam-permission.ts'

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

/** What IAM does with MFA devices. */
export const mfaDeviceActions = { ListMFADevices: listMfaDevices } satisfies Readonly<Record<string, Action>>
