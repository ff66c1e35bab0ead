import type { Caller } from '../caller/caller.ts'
import type { AwsDirectory } from '../directory.ts'
import type { DevInstance } from '../ec2/instance.ts'
import type { AwsCall, XmlValue } from '../protocol/query-protocol.ts'
import type { RoleFeature } from './role-feature.ts'
import type { JudgeTrust } from './trust-policy.ts'

/** What an action needs to answer one authenticated call. */
export interface ActionContext {
  call: AwsCall
  caller: Caller
  nowMs: number
  /** That the call was signed for. */
  region: string
  directory: AwsDirectory
  tokenKey: Uint8Array
  judgeTrust: JudgeTrust
  roleFeature: RoleFeature | undefined
  /** How long AWS takes to know everywhere of an MFA device, in ms. */
  newDeviceDelayMs: () => number
  /** The machines of EC2, as they are now. */
  instances: () => readonly DevInstance[]
}

/** Resolves to the content of the result element. @throws {AwsRefusal} */
export type Action = (context: ActionContext) => Promise<XmlValue>
