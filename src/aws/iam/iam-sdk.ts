import { accessKeyCalls } from './access-key-calls.ts'
import { accountAliasCalls } from './account-alias-calls.ts'
import { createIamCalls, type IamSdkOptions } from './iam-call.ts'
import type { IamClient } from './iam-client.ts'
import { mfaDeviceCalls } from './mfa-device-calls.ts'
import { roleCalls } from './role-calls.ts'

/** IAM through the AWS SDK. */
export function createIamSdk(options: IamSdkOptions): IamClient {
  const { call, clockSkewMs } = createIamCalls(options)
  return {
    clockSkewMs,
    ...accountAliasCalls(options.sdk, call),
    ...accessKeyCalls(options.sdk, call),
    ...mfaDeviceCalls(options.sdk, call),
    ...roleCalls(options.sdk, call),
  }
}
