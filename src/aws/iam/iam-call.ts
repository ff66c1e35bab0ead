import type { IAMClient } from '@aws-sdk/client-iam'
import {
  createServiceCall,
  type ServiceCall,
  type ServiceCalls,
  type ServiceSdkOptions,
  type ServiceSigner,
} from '../sts/service-call.ts'
import { toIamError } from './iam-errors.ts'

/** Who asks IAM, and where. */
export type IamSigner = ServiceSigner

/** What the adapter must be given. */
export type IamSdkOptions = ServiceSdkOptions

/** Makes a call with a client of its own. @throws {AwsError} */
export type IamCall = ServiceCall<IAMClient>

/** The way to IAM that all groups of its calls share. */
export function createIamCalls(options: IamSdkOptions): ServiceCalls<IAMClient> {
  return createServiceCall(options, {
    name: 'IAM',
    newClient: (config) => new options.sdk.IAMClient(config),
    toError: toIamError,
  })
}
