import { Secret } from '../../core/secret.ts'
import type { AwsAdministration } from './directory.ts'
import { iamArn } from './identifiers.ts'

/** What a development environment needs to know of its AWS. */
export interface DevAccount {
  userArn: string
  accessKeyId: string
  secretAccessKey: Secret<string>
  mfaSerial: string
  /** Base32, as an authenticator app takes it */
  totpSecret: Secret<string>
  /** ARNs of the roles behind the profiles of the same names */
  roles: { dev: string; prod: string; chained: string }
}

/** Account ids as AWS's own documentation uses them: they are nobody's. */
const masterAccount = '111122223333'
const userArn = iamArn(masterAccount, 'user', 'jo')

/**
 * One user in a master account, with an access key and an MFA device; roles in three member accounts: `dev` and `prod`
 * demand MFA, `chained` trusts the `dev` role alone. What is there from an earlier run stays as it is.
 */
export async function seedDevAccount(aws: AwsAdministration): Promise<DevAccount> {
  const roles = {
    dev: iamArn('123456789012', 'role', 'DeveloperRole'),
    prod: iamArn('444455556666', 'role', 'OperatorRole'),
    chained: iamArn('777788889999', 'role', 'AuditorRole'),
  }
  const master = `arn:aws:iam::${masterAccount}:root`
  await addRole(aws, roles.dev, trust(master, withMfa), [roles.chained])
  await addRole(aws, roles.prod, trust(master, withMfa))
  await addRole(aws, roles.chained, trust(roles.dev))
  if (aws.user(userArn) === undefined) await aws.addUser({ arn: userArn, mayAssume: [roles.dev, roles.prod] })
  return { userArn, ...(await accessKey(aws)), ...(await mfaDevice(aws)), roles }
}

const withMfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }

function trust(principal: string, condition?: object): object {
  const statement = { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }
  return {
    Version: '2012-10-17',
    Statement: [condition === undefined ? statement : { ...statement, Condition: condition }],
  }
}

async function addRole(aws: AwsAdministration, arn: string, trustPolicy: object, mayAssume: string[] = []) {
  if (aws.role(arn) === undefined) await aws.addRole({ arn, trustPolicy, mayAssume })
}

async function accessKey(aws: AwsAdministration) {
  const key = aws.user(userArn)?.accessKeys.find(({ status }) => status === 'Active')
  if (key === undefined) return aws.addAccessKey(userArn)
  return { accessKeyId: key.id, secretAccessKey: new Secret(key.secret) }
}

async function mfaDevice(aws: AwsAdministration) {
  const device = aws.user(userArn)?.mfaDevices[0]
  if (device !== undefined) return { mfaSerial: device.serialNumber, totpSecret: new Secret(device.secretBase32) }
  const added = await aws.addMfaDevice(userArn)
  return { mfaSerial: added.serialNumber, totpSecret: added.secretBase32 }
}
