import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError } from '../../../../src/dev/vault/errors.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { defaultTokenTerms } from '../../../../src/dev/vault/token/token-terms.ts'
import { createServersBehind } from './behind.ts'

/**
 * Login with a token of GitHub, as builtin/credential/github of Vault words it; tried against no real one. Whose token it is
 * is told as the password of a person; a group is a policy, and the factor `stranger` is somebody outside the organization.
 */
export const github: Plugin = (core) => {
  const behind = createServersBehind(core, 'github')
  // The server has no words of its own for these: what fails in such a login is a 500.
  const failed = (message: string) => new DevVaultError('INTERNAL', message)
  return {
    backends: [
      {
        type: 'github',
        kind: 'login',
        forget: ({ uuid }) => behind.forget(uuid),
        renewalTerms: () => defaultTokenTerms,
        routes: [
          ...behind.routes,
          {
            pattern: 'login',
            isUnauthenticated: true,
            update: withFields({ token: 'text' }, ({ token = '' }, request) => {
              const { isDown, people } = behind.of(request)
              if (isDown) throw failed('GET https://api.github.com/user: 403 API rate limit exceeded []')
              const [name, person] = Object.entries(people).find(([, { password }]) => password === token) ?? []
              if (name === undefined || person === undefined) {
                throw failed('GET https://api.github.com/user: 401 Bad credentials []')
              }
              if (person.factor === 'stranger') throw failed('user is not part of required org')
              return core.logins.issue({
                request,
                aliasName: name,
                displayName: name,
                metadata: { username: name, org: 'corp' },
                terms: { ...defaultTokenTerms, token_policies: person.groups },
                name,
              })
            }),
          },
        ],
      },
    ],
  }
}
