import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { hashPassword, usersByMount } from '../../../../src/dev/vault/login/userpass.ts'
import { empty } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { updateTokenTerms } from '../../../../src/dev/vault/token/token-terms.ts'

/** Paths that change only the password or only the policies of a user. */
export const userAdministration: Plugin = (core) => {
  const { changed } = core
  const findUser = ({ mount, params }: VaultRequest) => usersByMount(core)[mount.uuid]?.[params.username!.toLowerCase()]
  return {
    routes: {
      userpass: [
        {
          pattern: 'users/{username}/password',
          update: withFields({ password: 'text' }, async ({ password }, request) => {
            const user = findUser(request)
            if (user === undefined) throw new DevVaultError('INTERNAL', 'username does not exist')
            if (password === undefined || password === '') throw invalidRequest('missing password')
            user.passwordHash = await hashPassword(password)
            changed()
            return empty
          }),
        },
        {
          pattern: 'users/{username}/policies',
          update: withFields({ token_policies: 'list', policies: 'list' }, (fields, request) => {
            const user = findUser(request)
            if (user === undefined) throw new DevVaultError('INTERNAL', 'username does not exist')
            user.terms = updateTokenTerms(user.terms, fields)
            changed()
            return empty
          }),
        },
      ],
    },
  }
}
