import type { AwsSettings } from '../config/settings.ts'
import type { ListedKey } from '../iam/access-key-calls.ts'
import type { LongTermKeys } from './long-term-keys.ts'
import { maxKeyAgeSeconds } from './max-key-age.ts'
import type { KeyUse, OwnKeys, SessionNeeded } from './own-keys.ts'

/** The user behind a key, and all keys that the user has. */
export interface UserWithKeys {
  type: 'user'
  arn: string
  /** In seconds: the configured one of the source. */
  maxKeyAgeSeconds: number
  keys: readonly (ListedKey & { use: KeyUse })[]
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
    ownKeys.asOwner(source, await keys.read(source), async ({ arn, iam, signer, userName, useOf }) => {
      const listed: UserWithKeys['keys'][number][] = []
      for (const key of await iam.listAccessKeys(signer, userName))
        listed.push({ ...key, use: await useOf(key.accessKeyId) })
      return { type: 'user', arn, maxKeyAgeSeconds: maxKeyAgeSeconds(await readSettings(), source), keys: listed }
    })
}
