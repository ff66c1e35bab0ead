import { regionForm } from '../../core/text/aws-names.ts'
import { parseIamArn } from './partitions.ts'

/** What STS accepts in one field (STS API reference, AssumeRole and GetSessionToken). */
interface FieldRule {
  pattern: RegExp
  says: string
}

const rules = {
  roleArn: { pattern: /^(?=.{20,2048}$)arn:aws[\w-]*:iam::\d{12}:role\/.+$/, says: 'not a role ARN' },
  externalId: { pattern: /^[\w+=,.@:/-]{2,1224}$/, says: 'not 2 to 1224 letters, digits or any of +=,.@:/-_' },
  sessionName: { pattern: /^[\w+=,.@-]{2,64}$/, says: 'not 2 to 64 letters, digits or any of +=,.@-_' },
  // Names that begin with `aws:` are AWS's own.
  sourceIdentity: {
    pattern: /^(?!aws:)[\w+=,.@-]{2,64}$/,
    says: 'not 2 to 64 letters, digits or any of +=,.@-_, or begins with aws:',
  },
  tagKey: {
    pattern: /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu,
    says: 'not 1 to 128 letters, digits, blanks or any of _.:/=+-@, or begins with aws:',
  },
  tagValue: {
    pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
    says: 'not at most 256 letters, digits, blanks or any of _.:/=+-@',
  },
  policyArn: {
    pattern: /^(?=.{20,2048}$)arn:aws[\w-]*:iam::(\d{12}|aws):policy\/[\x21-\x7E]+$/,
    says: 'not the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
  },
  // It never consists of twelve digits (IAM API reference, CreateAccountAlias).
  accountAlias: {
    pattern: /^(?!\d{12}$)[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]$/,
    says: 'not an account alias: 3 to 63 lower-case letters, digits and single hyphens',
  },
  mfaSerial: { pattern: /^[\w+=/:,.@-]{9,256}$/, says: 'not the ARN or the serial number of an MFA device' },
  region: { pattern: regionForm, says: 'not the name of a region, such as eu-central-1' },
} as const satisfies Record<string, FieldRule>

/** A field that STS takes in one form. */
export type CheckedField = keyof typeof rules

/** The kinds of device in IAM's ARNs whose codes STS accepts. */
const codeDevice = /^(sms-)?mfa\//

/**
 * Why a serial can yield no code; undefined where it may. A hardware token has a serial number, any other device an ARN.
 * Security keys and passkeys (`u2f/…`) sign in to the console only (IAM User Guide, "Passkeys and security keys").
 */
export function deviceMistake(serial: string): { says: string; hint?: string } | undefined {
  if (!serial.startsWith('arn:')) return undefined
  const resource = parseIamArn(serial)?.resource ?? ''
  if (codeDevice.test(resource)) return undefined
  if (!resource.startsWith('u2f/'))
    return { says: 'not the ARN of an MFA device, such as arn:aws:iam::111122223333:mfa/jo' }
  return {
    says: 'a security key or passkey, which has no codes for the API of AWS',
    hint: 'add an authenticator app as another MFA device of the user: latchkey aws mfa enroll SOURCE; the devices: latchkey aws mfa list SOURCE',
  }
}

/** Why a value cannot be sent to STS, or undefined where it can. */
export function fieldMistake(field: CheckedField, value: string): string | undefined {
  return rules[field].pattern.test(value) ? undefined : rules[field].says
}

/** The limits of a role session, in seconds. */
export const roleDuration = { min: 900, default: 3_600, max: 43_200 } as const
/** The limits of GetSessionToken for an IAM user, in seconds. */
export const sessionDuration = { min: 900, default: 43_200, max: 129_600 } as const

/** The most that AWS gives a role assumed from a session or from another role, in seconds ("role chaining"). */
export const chainedRoleMaxSeconds = 3_600

/** A name that CloudTrail shows for a session: characters that STS does not accept are replaced. */
export function sanitizeSessionName(person: string): string {
  const name = person.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
  return name.length >= 2 ? name : `latchkey-${name}`
}
