import type { Caller } from './caller.ts'
import type { AwsDirectory } from './directory.ts'
import type { AwsCall, XmlValue } from './query-protocol.ts'

/** What an action needs to answer one authenticated call. */
export interface ActionContext {
  call: AwsCall
  caller: Caller
  nowMs: number
  directory: AwsDirectory
  tokenKey: Uint8Array
  /** Whether a role session keeps the MFA context of the session that assumed the role. AWS says that it does not. */
  roleSessionsCarryMfa: boolean
}

/** Resolves to the content of the result element. @throws {AwsRefusal} */
export type Action = (context: ActionContext) => Promise<XmlValue>
