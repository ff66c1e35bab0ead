import * as v from 'valibot'
import { approle } from './approle.ts'
import { aws } from './aws.ts'
import { cert } from './cert.ts'
import { github } from './github.ts'
import { jwt } from './jwt.ts'
import { kubernetes } from './kubernetes.ts'
import { ldap } from './ldap.ts'
import type { LoginContext, LoginMethod } from './login-method.ts'
import { oidc } from './oidc.ts'
import { okta } from './okta.ts'
import { proxy } from './proxy.ts'
import { radius } from './radius.ts'
import { token } from './token.ts'
import { userpass } from './userpass.ts'

/** Every login method. A new one is its own file, its import here and its place in this list. */
const methods = [token, userpass, ldap, radius, okta, github, jwt, cert, kubernetes, aws, approle, oidc, proxy] as const

/** `auth` of a `[vault.…]` section. */
export const authSchema = v.variant(
  'method',
  methods.map(({ schema }) => schema),
)

/** `auth` of a `[vault.…]` section, as it was written. */
export type AuthConfig = v.InferOutput<typeof authSchema>

/** A login that a person can make at a type of mount. */
export interface LoginOffer {
  /** As `method` of `auth` has it. */
  method: string
  /** `username` is needed beside the mount. */
  needsName: boolean
}

/** What can be offered to a person at mounts of this type. */
export function offerOf(type: string): LoginOffer | undefined {
  const found = methods.find(({ offer }) => offer?.types.includes(type))
  if (found?.offer === undefined) return undefined
  return { method: found.schema.entries.method.literal, needsName: found.offer.needsName }
}

/** The login method that a vault is configured with. */
export function createLoginMethod(auth: AuthConfig, context: LoginContext): LoginMethod {
  const method = methods.find(({ schema }) => schema.entries.method.literal === auth.method)!
  // TypeScript cannot follow that the schema of this method, and of no other, has made `auth`.
  return method.create(auth as never, context)
}
