import { randomBytes } from 'node:crypto'
import { Secret } from '../../../src/core/secret.ts'
import { decodeBase32, encodeBase32 } from '../../../src/core/totp/base32.ts'
import { ownAdministration, type UserPolicy } from '../../../src/dev/aws/caller/user-policy.ts'
import type { AwsDirectory } from '../../../src/dev/aws/directory.ts'
import {
  type IamKind,
  iamArn,
  newAccessKeyId,
  newSecretAccessKey,
  newUniqueId,
  parseIamArn,
} from '../../../src/dev/aws/identifiers.ts'
import { AwsRefusal } from '../../../src/dev/aws/protocol/refusal.ts'
import { maxAccessKeys, maxMfaDevices } from '../../../src/dev/aws/quotas.ts'
import type { DevRole, DevUser } from '../../../src/dev/aws/state.ts'
import { parseTrustPolicy } from './trust-language.ts'

/**
 * The administrator's side of the double. Users and roles go by their ARN. Each change is saved when it resolves, and
 * rejects with an {@link AwsRefusal}: NoSuchEntity, EntityAlreadyExists, LimitExceeded, ValidationError (a bad ARN),
 * MalformedPolicyDocument.
 */
export interface AwsAdministration {
  user(arn: string): DevUser | undefined
  role(arn: string): DevRole | undefined
  /**
   * @param user.mayAssume role ARNs of the user's own policy; `*` for every role
   * @param user.policy what else it says; all that is the user's own by default
   */
  addUser(user: { arn: string; mayAssume?: readonly string[]; policy?: UserPolicy }): Promise<void>
  removeUser(arn: string): Promise<void>
  addAccessKey(userArn: string): Promise<{ accessKeyId: string; secretAccessKey: Secret<string> }>
  setAccessKeyStatus(accessKeyId: string, status: 'Active' | 'Inactive'): Promise<void>
  removeAccessKey(accessKeyId: string): Promise<void>
  /** Enables a virtual device at once. Without a serial number: named as the user; without a secret: a new one. */
  addMfaDevice(
    userArn: string,
    device?: { serialNumber?: string; secretBase32?: Secret<string> },
  ): Promise<{ serialNumber: string; secretBase32: Secret<string> }>
  removeMfaDevice(serialNumber: string): Promise<void>
  /** @param role.maxSessionDurationSeconds 3600 (the default) to 43200 */
  addRole(role: {
    arn: string
    trustPolicy: unknown
    maxSessionDurationSeconds?: number
    mayAssume?: readonly string[]
  }): Promise<void>
  setTrustPolicy(roleArn: string, trustPolicy: unknown): Promise<void>
  removeRole(arn: string): Promise<void>
}

/** Changes the users and roles of a directory. */
export function createAdministration(directory: AwsDirectory, now: () => number): AwsAdministration {
  const { state, user, role, accessKey, deviceOwner, save } = directory
  return {
    user,
    role,
    async addUser({ arn, mayAssume = [], policy = ownAdministration }) {
      const { account, name } = partsOf(arn, 'user')
      if (user(arn) !== undefined) throw alreadyExists('User', name)
      const id = newUniqueId('AIDA')
      const own = { mayAssume: [...mayAssume], policy: [...policy], accessKeys: [], mfaDevices: [] }
      state.users.push({ account, name, id, createdAtMs: now(), ...own })
      await save()
    },
    async removeUser(arn) {
      const removed = existing(user(arn), `user ${arn}`)
      state.users = state.users.filter((candidate) => candidate !== removed)
      await save()
    },
    async addAccessKey(arn) {
      const owner = existing(user(arn), `user ${arn}`)
      if (owner.accessKeys.length >= maxAccessKeys) throw quotaExceeded('AccessKeysPerUser', maxAccessKeys)
      const id = newAccessKeyId('AKIA', owner.account)
      const secret = newSecretAccessKey()
      owner.accessKeys.push({ id, secret, status: 'Active', createdAtMs: now() })
      await save()
      return { accessKeyId: id, secretAccessKey: new Secret(secret) }
    },
    async setAccessKeyStatus(id, status) {
      existing(accessKey(id), `Access Key with id ${id}`).key.status = status
      await save()
    },
    async removeAccessKey(id) {
      const { user: owner } = existing(accessKey(id), `Access Key with id ${id}`)
      owner.accessKeys = owner.accessKeys.filter((key) => key.id !== id)
      await save()
    },
    async addMfaDevice(arn, { serialNumber, secretBase32 = new Secret(encodeBase32(randomBytes(20))) } = {}) {
      const owner = existing(user(arn), `user ${arn}`)
      const serial = serialNumber ?? iamArn(owner.account, 'mfa', owner.name)
      partsOf(serial, 'mfa')
      if (owner.mfaDevices.length >= maxMfaDevices) throw quotaExceeded('MfaDevicesPerUser', maxMfaDevices)
      if (deviceOwner(serial) !== undefined) throw alreadyExists('MFADevice', serial)
      // A secret that is not base32 would fail at every code; it is better to fail now.
      decodeBase32(secretBase32.expose())
      const secret = secretBase32.expose()
      owner.mfaDevices.push({
        serialNumber: serial,
        secretBase32: secret,
        enabledAtMs: now(),
        lastAcceptedStep: -1,
        aheadSteps: 0,
      })
      await save()
      return { serialNumber: serial, secretBase32 }
    },
    async removeMfaDevice(serialNumber) {
      const owner = existing(deviceOwner(serialNumber), `MFA Device with serial number ${serialNumber}`)
      owner.mfaDevices = owner.mfaDevices.filter((device) => device.serialNumber !== serialNumber)
      await save()
    },
    async addRole({ arn, trustPolicy, maxSessionDurationSeconds = 3600, mayAssume = [] }) {
      const { account, name } = partsOf(arn, 'role')
      if (role(arn) !== undefined) throw alreadyExists('Role', name)
      if (!(maxSessionDurationSeconds >= 3600 && maxSessionDurationSeconds <= 43_200)) {
        throw new AwsRefusal('ValidationError', 'MaxSessionDuration must be from 3600 to 43200 seconds.')
      }
      const policies = { trustPolicy: parseTrustPolicy(trustPolicy), mayAssume: [...mayAssume] }
      state.roles.push({ account, name, id: newUniqueId('AROA'), maxSessionDurationSeconds, ...policies })
      await save()
    },
    async setTrustPolicy(arn, trustPolicy) {
      existing(role(arn), `role ${arn}`).trustPolicy = parseTrustPolicy(trustPolicy)
      await save()
    },
    async removeRole(arn) {
      const removed = existing(role(arn), `role ${arn}`)
      state.roles = state.roles.filter((candidate) => candidate !== removed)
      await save()
    },
  }
}

/** An ARN that AWS would not accept is not accepted by its tools either. */
function partsOf(arn: string, kind: IamKind): { account: string; name: string } {
  const parts = parseIamArn(arn)
  if (parts?.kind !== kind) throw new AwsRefusal('ValidationError', `${arn} is invalid`)
  return parts
}

function existing<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new AwsRefusal('NoSuchEntity', `The ${what} cannot be found.`)
  return found
}

function alreadyExists(what: string, name: string): AwsRefusal {
  return new AwsRefusal('EntityAlreadyExists', `${what} with name ${name} already exists.`)
}

function quotaExceeded(quota: string, limit: number): AwsRefusal {
  return new AwsRefusal('LimitExceeded', `Cannot exceed quota for ${quota}: ${limit}`)
}
