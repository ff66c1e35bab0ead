import type { AwsDirectory } from '../directory.ts'
import type { Caller } from './caller.ts'
import { readSignatureClaim, type SignedRequest } from './signed-request.ts'

/** AWS gives the last use to the minute, and here it is saved no more often, in ms. */
const stepMs = 60_000

/** Notes that a long-term key has signed a call itself: what its sessions do counts as no use of the key. */
export async function noteKeyUse(
  request: SignedRequest,
  caller: Caller,
  nowMs: number,
  directory: AwsDirectory,
): Promise<void> {
  if (caller.type !== 'user' || caller.session !== undefined) return
  const { key } = directory.accessKey(caller.accessKeyId)!
  const { service, region } = readSignatureClaim(request).scope
  const use = { atMs: Math.floor(nowMs / stepMs) * stepMs, service, region }
  if (JSON.stringify(use) === JSON.stringify(key.lastUse)) return
  key.lastUse = use
  await directory.save()
}
