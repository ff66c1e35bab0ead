import type { RequestContext } from '../actions/trust-policy.ts'
import { roleArn, userArn } from '../directory.ts'
import type { DevRole, DevUser } from '../state.ts'

/** Who has signed a call, and what their credentials carry. */
export type Caller =
  | { type: 'user'; user: DevUser; accessKeyId: string; session: { mfaAtMs: number | undefined } | undefined }
  | {
      type: 'role'
      role: DevRole
      sessionName: string
      mfaAtMs: number | undefined
      sourceIdentity: string | undefined
      transitiveTags: Readonly<Record<string, string>>
    }

/** What GetCallerIdentity says. */
export interface CallerIdentity {
  account: string
  arn: string
  userId: string
}

/** How a caller is known to others. */
export function identityOf(caller: Caller): CallerIdentity {
  switch (caller.type) {
    case 'user':
      return { account: caller.user.account, arn: userArn(caller.user), userId: caller.user.id }
    case 'role':
      return roleSessionIdentity(caller.role, caller.sessionName)
  }
}

/** An assumed role goes by an ARN of STS. */
export function roleSessionIdentity(role: DevRole, sessionName: string): CallerIdentity {
  return {
    account: role.account,
    arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.id}:${sessionName}`,
  }
}

/** The ARNs by which a trust policy may name the caller. */
export function trustedArnsOf(caller: Caller): readonly string[] {
  const { arn } = identityOf(caller)
  return caller.type === 'user' ? [arn] : [arn, roleArn(caller.role)]
}

/** Roles that the caller's own policy lets them assume. */
export function mayAssume(caller: Caller): readonly string[] {
  return caller.type === 'user' ? caller.user.mayAssume : caller.role.mayAssume
}

/** Whether the credentials are temporary: they then cannot get a session, nor a role for longer than an hour. */
export function isSession(caller: Caller): boolean {
  return caller.type === 'role' || caller.session !== undefined
}

/**
 * `aws:MultiFactorAuth…` of a request. With long-term keys the keys are not there at all, unless a code came with the
 * call; with temporary ones MultiFactorAuthPresent is always there (IAM user guide, "AWS global condition context keys").
 * @param codeAtMs when a code was accepted in this very call
 */
export function mfaContext(caller: Caller, codeAtMs: number | undefined, nowMs: number): RequestContext {
  const atMs = codeAtMs ?? (caller.type === 'user' ? caller.session?.mfaAtMs : caller.mfaAtMs)
  if (atMs !== undefined) {
    return new Map([
      ['aws:multifactorauthpresent', 'true'],
      ['aws:multifactorauthage', String(Math.floor((nowMs - atMs) / 1000))],
    ])
  }
  return new Map(isSession(caller) ? [['aws:multifactorauthpresent', 'false']] : [])
}
