import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { type Claims, isSignedBy, readClaims, refusalOfTimes } from './json-web-token.ts'
import { createRoleMounts } from './role-mount.ts'

const configFields = {
  jwt_validation_pubkeys: 'list',
  bound_issuer: 'text',
  default_role: 'text',
  jwks_url: 'notBuilt',
  oidc_discovery_url: 'notBuilt',
} as const
const roleFields = {
  role_type: 'text',
  user_claim: 'text',
  allowed_redirect_uris: 'list',
  bound_audiences: 'list',
  bound_subject: 'text',
  bound_claims: 'map',
  bound_claims_type: 'notBuilt',
} as const

/** Login with a JWT that one of the configured keys has signed. */
export const jwt: Plugin = (core) => {
  const mounts = createRoleMounts(core, { method: 'jwt', at: 'role', configFields, roleFields, check })
  return {
    backends: [
      {
        type: 'jwt',
        kind: 'login',
        forget: mounts.forget,
        renewalTerms: mounts.renewalTerms,
        routes: [
          ...mounts.routes,
          {
            pattern: 'login',
            isUnauthenticated: true,
            update: withFields({ role: 'text', jwt: 'text' }, (fields, request) => {
              const config = mounts.configOf(request)
              const name = fields.role ?? config.default_role ?? ''
              if (name === '') throw invalidRequest('missing role')
              const role = mounts.rolesOf(request)[name]
              if (role === undefined) throw invalidRequest(`role "${name}" could not be found`)
              const { settings, terms } = role
              if (settings.role_type === 'oidc') throw invalidRequest('role with oidc role_type is not allowed')
              if (fields.jwt === undefined || fields.jwt === '') throw invalidRequest('missing token')
              const claims = validated(fields.jwt, config.jwt_validation_pubkeys ?? [])
              const refusal = refusalOf(claims, core.now(), config.bound_issuer, settings.bound_audiences)
              if (refusal !== undefined) throw invalidRequest(`error validating token: ${refusal}`)
              for (const [claim, wanted] of Object.entries(settings.bound_claims ?? {})) {
                if (claims[claim] !== wanted) {
                  throw invalidRequest(
                    `error validating claims: claim "${claim}" does not match any associated bound claim values`,
                  )
                }
              }
              const subject = String(claims[settings.user_claim ?? 'sub'])
              const metadata = { role: name }
              return core.logins.issue({ request, aliasName: subject, displayName: subject, metadata, terms, name })
            }),
          },
        ],
      },
    ],
  }
}

/** Without a word a role is for a browser, and one for JWTs takes no JWT of just anybody. */
function check({ role_type: type = 'oidc', ...settings }: Fields<typeof roleFields>): void {
  if (type !== 'jwt' && type !== 'oidc') throw invalidRequest(`invalid 'role_type': ${type}`)
  if (settings.user_claim === undefined) throw invalidRequest('a user claim must be defined on the role')
  if (type === 'oidc' && settings.allowed_redirect_uris === undefined) {
    throw invalidRequest("'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.")
  }
  const isBound =
    type === 'oidc' ||
    [settings.bound_audiences, settings.bound_subject, settings.bound_claims].some((to) => to !== undefined)
  if (!isBound) throw invalidRequest('must have at least one bound constraint when creating/updating a role')
}

function validated(token: string, pubkeys: readonly string[]): Claims {
  const failed = (reason: string) =>
    invalidRequest(`error validating token: error verifying token signature: ${reason}`)
  if (token.split('.').length !== 3) throw failed('go-jose/go-jose: compact JWS format must have three parts')
  const claims = readClaims(token)
  if (claims === undefined) throw failed('illegal base64 data at input byte 0')
  if (isSignedBy(token, pubkeys)) return claims
  throw failed('no known key successfully validated the token signature')
}

function refusalOf(
  claims: Claims,
  nowMs: number,
  issuer: string | undefined,
  audiences: readonly string[] | undefined,
): string | undefined {
  const ofTimes = refusalOfTimes(claims, nowMs)
  if (ofTimes !== undefined) return ofTimes
  if (issuer !== undefined && claims.iss !== issuer) return 'invalid issuer (iss) claim'
  const own = [claims.aud ?? []].flat()
  const isMeant = audiences?.some((audience) => own.includes(audience)) ?? own.length === 0
  return isMeant ? undefined : 'invalid audience (aud) claim: audience claim does not match any expected audience'
}
