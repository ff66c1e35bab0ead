import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import type { AccessKey } from '../credentials.ts'
import type { AwsSdk } from '../sts/sdk-config.ts'
import type { IamCall, IamSigner } from './iam-call.ts'
import { toldList, unreadable } from './told-list.ts'

/** A long-term key of a user, without its secret. */
export interface ListedKey {
  accessKeyId: string
  isActive: boolean
  /** By AWS's clock, in ms since the epoch. */
  createdAtMs: number
}

/** A new key. AWS shows its secret this once. */
export interface CreatedKey extends AccessKey {
  /** By AWS's clock, in ms since the epoch. */
  createdAtMs: number
}

/** The last call that a key has signed itself, as far as IAM knows: it may learn of one hours later. */
export interface LastUse {
  /** In ms since the epoch. */
  atMs: number
  service: string
}

/**
 * What IAM does with the long-term keys of a user. The name of the user goes with each call that takes it: temporary
 * credentials must name it (IAM API reference, ListAccessKeys and UpdateAccessKey).
 */
export interface AccessKeyCalls {
  listAccessKeys(signer: IamSigner, userName: string): Promise<readonly ListedKey[]>
  /** Sent once: where the answer is lost, the list shows whether there is a key. @throws {AwsError} AWS_QUOTA_REACHED */
  createAccessKey(signer: IamSigner, userName: string): Promise<CreatedKey>
  /** Makes a key inactive. @throws {AwsError} AWS_ENTITY_MISSING */
  deactivateAccessKey(signer: IamSigner, userName: string, accessKeyId: string): Promise<void>
  /** @throws {AwsError} AWS_ENTITY_MISSING */
  deleteAccessKey(signer: IamSigner, userName: string, accessKeyId: string): Promise<void>
  /** Undefined: never. */
  accessKeyLastUse(signer: IamSigner, accessKeyId: string): Promise<LastUse | undefined>
}

/** Those calls through the SDK. */
export function accessKeyCalls(sdk: AwsSdk, call: IamCall): AccessKeyCalls {
  return {
    async listAccessKeys(signer, userName) {
      // A user has two at most, and a page holds a hundred.
      const action = 'ListAccessKeys'
      const { AccessKeyMetadata } = await call({
        ...signer,
        action,
        send: (client) => client.send(new sdk.ListAccessKeysCommand({ UserName: userName })),
      })
      return toldList(action, AccessKeyMetadata).map(({ AccessKeyId, Status, CreateDate }) => {
        if (!isPrintable(AccessKeyId) || !isTime(CreateDate)) throw unreadable(action)
        return { accessKeyId: AccessKeyId, isActive: Status === 'Active', createdAtMs: CreateDate.getTime() }
      })
    },
    async createAccessKey(signer, userName) {
      const { AccessKey: made } = await call({
        ...signer,
        action: 'CreateAccessKey',
        isOnce: true,
        send: (client) => client.send(new sdk.CreateAccessKeyCommand({ UserName: userName })),
      })
      const { AccessKeyId, SecretAccessKey, CreateDate } = made ?? {}
      if (!isPrintable(AccessKeyId) || !isPrintable(SecretAccessKey) || !isTime(CreateDate))
        throw unreadable('CreateAccessKey')
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: new Secret(SecretAccessKey),
        createdAtMs: CreateDate.getTime(),
      }
    },
    async deactivateAccessKey(signer, userName, accessKeyId) {
      const input = { UserName: userName, AccessKeyId: accessKeyId, Status: 'Inactive' } as const
      await call({
        ...signer,
        action: 'UpdateAccessKey',
        send: (client) => client.send(new sdk.UpdateAccessKeyCommand(input)),
      })
    },
    async deleteAccessKey(signer, userName, accessKeyId) {
      const input = { UserName: userName, AccessKeyId: accessKeyId }
      await call({
        ...signer,
        action: 'DeleteAccessKey',
        send: (client) => client.send(new sdk.DeleteAccessKeyCommand(input)),
      })
    },
    async accessKeyLastUse(signer, accessKeyId) {
      const { AccessKeyLastUsed: use } = await call({
        ...signer,
        action: 'GetAccessKeyLastUsed',
        send: (client) => client.send(new sdk.GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })),
      })
      // A key that was never used has no date, and N/A in the place of the service.
      return isTime(use?.LastUsedDate)
        ? { atMs: use.LastUsedDate.getTime(), service: use.ServiceName ?? 'N/A' }
        : undefined
    },
  }
}

const isTime = (value: Date | undefined): value is Date => value !== undefined && !Number.isNaN(value.getTime())
