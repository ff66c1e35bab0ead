import { randomBytes } from 'node:crypto'
import { Secret } from '../../core/secret.ts'
import { encodeBase32 } from '../../core/totp/base32.ts'
import type { TrustPolicy } from './actions/trust-policy.ts'
import type { AwsDirectory } from './directory.ts'
import { iamArn, newAccessKeyId, newSecretAccessKey, newUniqueId, parseIamArn } from './identifiers.ts'
import { mayListAccounts, maySeeInstances, ownCredentialsBehindMfa } from './seed-policies.ts'
import type { DevAws } from './server.ts'
import type { DevAccessKey, DevAccountEntry, DevMfaDevice, DevUser } from './state.ts'

/** What a development environment needs to know about its AWS. */
export interface DevAccount {
  userArn: string
  accessKeyId: string
  secretAccessKey: Secret<string>
  /** The ids of the keys that an earlier run has left, and that work: two in the middle of a rotation. */
  earlierKeyIds: readonly string[]
  mfaSerial: string
  /** Base32, as an authenticator app takes it */
  totpSecret: Secret<string>
  /** ARNs of the roles behind the profiles of the same names */
  roles: { dev: string; prod: string; chained: string }
  /** The key of a second user, who begins without a device. */
  newUser: { accessKeyId: string; secretAccessKey: Secret<string> }
}

/** Account ids as AWS's own documentation uses them: they belong to nobody. */
const masterAccount = '111122223333'
const userArn = iamArn(masterAccount, 'user', 'jo')
const newUserArn = iamArn(masterAccount, 'user', 'new')

/** The organization: those of the roles, and one that has been closed. */
const accounts: DevAccountEntry[] = [
  { id: masterAccount, name: 'Master', state: 'ACTIVE' },
  { id: '123456789012', name: 'Development', state: 'ACTIVE' },
  { id: '444455556666', name: 'Production', state: 'ACTIVE' },
  { id: '777788889999', name: 'Audit', state: 'ACTIVE' },
  { id: '222233334444', name: 'Old sandbox', state: 'CLOSED' },
]

/**
 * Two users in a master account, each with an access key, the first one with an MFA device; roles in three member accounts:
 * `dev` and `prod` demand MFA, `prod` can be had for 12 hours, `chained` trusts only the `dev` role. What an earlier run has
 * left stays as it is.
 */
export async function seedDevAccount({ directory, now }: Pick<DevAws, 'directory' | 'now'>): Promise<DevAccount> {
  const before = JSON.stringify(directory.state)
  const roles = {
    dev: iamArn('123456789012', 'role', 'DeveloperRole'),
    prod: iamArn('444455556666', 'role', 'OperatorRole'),
    chained: iamArn('777788889999', 'role', 'AuditorRole'),
  }
  const master = `arn:aws:iam::${masterAccount}:root`
  addRole(directory, roles.dev, trust(master, withMfa), [roles.chained])
  // A state of before there was EC2 has the role without.
  directory.role(roles.dev)!.policy ??= maySeeInstances
  addRole(directory, roles.prod, trust(master, withMfa), [], 12 * 3600)
  addRole(directory, roles.chained, trust(roles.dev))
  if (directory.state.accounts.length === 0) directory.state.accounts.push(...accounts)
  const rights = { mayAssume: [roles.dev, roles.prod], policy: [...ownCredentialsBehindMfa, mayListAccounts] }
  const user = directory.user(userArn) ?? addUser(directory, userArn, rights, now())
  const earlier = user.accessKeys.filter(({ status }) => status === 'Active')
  const key = activeKey(user, now())
  const newRights = { mayAssume: [roles.dev], policy: ownCredentialsBehindMfa }
  const other = directory.user(newUserArn) ?? addUser(directory, newUserArn, newRights, now())
  const otherKey = activeKey(other, now())
  const device = user.mfaDevices[0] ?? newDevice(user, now())
  if (JSON.stringify(directory.state) !== before) await directory.save()
  return {
    userArn,
    accessKeyId: key.id,
    secretAccessKey: new Secret(key.secret),
    earlierKeyIds: earlier.map(({ id }) => id),
    mfaSerial: device.serialNumber,
    totpSecret: new Secret(device.secretBase32),
    roles,
    newUser: { accessKeyId: otherKey.id, secretAccessKey: new Secret(otherKey.secret) },
  }
}

const withMfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } as const

function trust(principal: string, condition?: typeof withMfa): TrustPolicy {
  const statement = { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' } as const
  return {
    Version: '2012-10-17',
    Statement: [condition === undefined ? statement : { ...statement, Condition: condition }],
  }
}

function addRole(
  directory: AwsDirectory,
  arn: string,
  trustPolicy: TrustPolicy,
  mayAssume: string[] = [],
  maxSessionDurationSeconds = 3600,
): void {
  const { account, name } = parseIamArn(arn)!
  if (directory.role(arn) !== undefined) return
  const role = { account, name, id: newUniqueId('AROA'), maxSessionDurationSeconds, trustPolicy, mayAssume }
  directory.state.roles.push(role)
}

function addUser(
  { state }: AwsDirectory,
  arn: string,
  rights: Pick<DevUser, 'mayAssume' | 'policy'>,
  createdAtMs: number,
): DevUser {
  const { account, name } = parseIamArn(arn)!
  const user = { account, name, id: newUniqueId('AIDA'), createdAtMs, ...rights, accessKeys: [], mfaDevices: [] }
  state.users.push(user)
  return user
}

function activeKey({ account, accessKeys }: DevUser, createdAtMs: number): DevAccessKey {
  const present = accessKeys.find(({ status }) => status === 'Active')
  if (present !== undefined) return present
  const key = {
    id: newAccessKeyId('AKIA', account),
    secret: newSecretAccessKey(),
    status: 'Active',
    createdAtMs,
  } as const
  accessKeys.push(key)
  return key
}

function newDevice({ account, name, mfaDevices }: DevUser, enabledAtMs: number): DevMfaDevice {
  const secretBase32 = encodeBase32(randomBytes(20))
  const device = {
    serialNumber: iamArn(account, 'mfa', name),
    secretBase32,
    enabledAtMs,
    lastAcceptedStep: -1,
    aheadSteps: 0,
  }
  mfaDevices.push(device)
  return device
}
