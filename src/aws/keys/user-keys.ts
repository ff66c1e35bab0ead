import { type AwsError, isAwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { ListedKey } from '../iam/access-key-calls.ts'
import { withDeviceAdvice } from '../mfa/device-advice.ts'
import type { LongTermKeys } from './long-term-keys.ts'
import { maxKeyAgeSeconds } from './max-key-age.ts'
import { type KeyUse, type OwnKeyCalls, type OwnKeys, type SessionNeeded, withKeyAdvice } from './own-keys.ts'

/** What AWS has told, or why it refuses to. */
export type Told<T> = { type: 'told'; value: T } | { type: 'refused'; refusal: AwsError }

/** The user behind a key, with all keys and MFA devices that the user has. */
export interface UserWithKeys {
  type: 'user'
  arn: string
  /** In seconds: the configured one of the source. */
  maxKeyAgeSeconds: number
  keys: Told<readonly (ListedKey & { use: KeyUse })[]>
  /** Serial numbers. */
  devices: Told<readonly string[]>
}

/** Asks AWS, each time, about the user behind the key of a source. @throws {AwsError} {KeychainError} */
export type UserKeys = (source: string) => Promise<UserWithKeys | SessionNeeded>

/** By the MFA session of the source, where it has a device. */
export function createUserKeys(
  keys: LongTermKeys,
  ownKeys: OwnKeys,
  readSettings: () => Promise<AwsSettings>,
): UserKeys {
  return async (source) =>
    ownKeys.asOwner(source, await keys.read(source), async (calls) => ({
      type: 'user',
      arn: calls.arn,
      maxKeyAgeSeconds: maxKeyAgeSeconds(await readSettings(), source),
      // Policies that want a code let a user without a device list the devices alone.
      keys: await unlessRefused(() => withKeyAdvice({ source, isBySession: calls.isBySession }, () => keysOf(calls))),
      devices: await unlessRefused(() => devicesOf(source, calls)),
    }))
}

async function keysOf({ iam, signer, userName, useOf }: OwnKeyCalls) {
  const listed: (ListedKey & { use: KeyUse })[] = []
  for (const key of await iam.listAccessKeys(signer, userName))
    listed.push({ ...key, use: await useOf(key.accessKeyId) })
  return listed
}

async function devicesOf(source: string, { arn, iam, signer, userName }: OwnKeyCalls): Promise<readonly string[]> {
  const devices = await withDeviceAdvice({ source, action: 'iam:ListMFADevices', resource: arn }, () =>
    iam.listMfaDevices(signer, userName),
  )
  return devices.map(({ serialNumber }) => serialNumber)
}

async function unlessRefused<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { type: 'told', value: await ask() }
  } catch (error) {
    if (isAwsError(error, 'AWS_DENIED')) return { type: 'refused', refusal: error }
    throw error
  }
}
