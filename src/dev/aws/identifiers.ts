import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '../../core/totp/base32.ts'

/**
 * An access key id: AKIA for a long-term key, ASIA for a temporary one. As in AWS's own, the 40 bits after the first one
 * are the account, so that tools that read the account from the key id work here too.
 */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA', account: string): string {
  const body = randomBytes(10)
  body.writeUIntBE((2 ** 40 + Number(account)) * 2 ** 7 + (body[5]! & 0x7f), 0, 6)
  return prefix + encodeBase32(body)
}

/** The unique id of a user (AIDA) or a role (AROA): one that is created again under an old name is another one. */
export function newUniqueId(prefix: 'AIDA' | 'AROA'): string {
  return prefix + encodeBase32(randomBytes(11)).slice(0, 17)
}

/** 40 characters of base64, `/` and `+` among them. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64')
}

/** The kinds of IAM resource that have an ARN here. */
export type IamKind = 'user' | 'role' | 'mfa'

/** An ARN of the one partition that the double knows. */
export function iamArn(account: string, kind: IamKind, name: string): string {
  return `arn:aws:iam::${account}:${kind}/${name}`
}

/** The parts of such an ARN, or undefined. Names with a path are not known here. */
export function parseIamArn(arn: string): { account: string; kind: string; name: string } | undefined {
  const [, account, kind, name] = /^arn:aws:iam::(\d{12}):(user|role|mfa)\/([\w+=,.@-]{1,64})$/.exec(arn) ?? []
  return account && kind && name ? { account, kind, name } : undefined
}
