import { type AdviceRow, reportHint } from './advice-row.ts'
import type { PurposeOf } from './purpose.ts'

/** The refusals of a login. */
export const loginRows: readonly AdviceRow<PurposeOf<'login'>>[] = [
  {
    text: /^invalid username or password$|^invalid role or secret ID$|^invalid (role_id|secret_id)/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ method, mount, who }) =>
      method === 'userpass'
        ? `wrong password for ${who} at auth/${mount}/, or no such user`
        : `the role id or the secret id is not valid at auth/${mount}/`,
    hint: ({ method }, _, vault) =>
      method === 'userpass'
        ? `check username in config.toml and run: latchkey login ${vault} (five wrong passwords lock a user for 15 minutes by default)`
        : 'check role_id in config.toml and put a new secret id into secret_id_file: the old one may have expired or be used up',
  },
  {
    text: /^missing (password|role_id)$/,
    code: 'VAULT_REQUEST_INVALID',
    message: ({ mount }, [, field]) => `the login at auth/${mount}/ came without a ${field}`,
    hint: reportHint,
  },
  {
    text: /^missing secret_id$/,
    code: 'VAULT_CONFIG',
    message: () => 'the role wants a secret id',
    hint: () => 'set secret_id_file of auth in config.toml',
  },
  {
    text: /unauthorized by CIDR restrictions|^unauthorized source address/,
    code: 'VAULT_DENIED',
    message: ({ mount }) => `auth/${mount}/ does not allow logins from this machine's network address`,
    hint: () => 'log in from an allowed network, or have the bound addresses of the role changed',
  },
  {
    text: /^(1 error occurred: \* )?permission denied$/,
    status: 403,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount, who }) => `the login of ${who} at auth/${mount}/ is refused; it may be locked`,
    hint: ({ mount }) =>
      `after several wrong attempts a login is locked, for 15 minutes by default, even with the right secret; or there is no auth mount ${mount}: see mount of auth in config.toml`,
  },
]

/** The refusals of opening a wrapped secret. */
export const unwrapRows: readonly AdviceRow<PurposeOf<'unwrap'>>[] = [
  {
    text: /wrapping token is not valid or does not exist/,
    code: 'VAULT_WRAPPING_TOKEN_INVALID',
    message: ({ file }) =>
      `security: the wrapped secret id in ${file} was opened before by someone else, or its time ran out`,
    hint: () =>
      'tell whoever issued it, who can see in the audit log when it was opened and should revoke that secret id; then put a new one into secret_id_file',
  },
]

/** The refusals of what is done with a token itself. */
export const tokenRows: readonly AdviceRow<PurposeOf<'token'>>[] = [
  {
    text: /^lease is not renewable$|^batch tokens cannot be renewed$|past the max TTL, cannot renew|^lease expired|policies have changed, not renewing|cannot renew a token across namespaces/,
    code: 'VAULT_NOT_RENEWABLE',
    message: (_, [reason]) => `the token cannot be renewed: ${reason}`,
    hint: (_, __, vault) => `log in again when it has expired: latchkey login ${vault}`,
  },
  {
    text: /^batch tokens cannot be revoked$/,
    code: 'VAULT_REFUSED',
    message: () => 'a batch token cannot be revoked: it ends by itself',
    hint: () => 'nothing is to be done',
  },
  {
    text: /^1 error occurred: \* permission denied$/,
    status: 403,
    code: 'VAULT_DENIED',
    message: ({ operation }) => `the token may not ${operation} itself`,
    hint: () => 'it needs the policy "default", or one with auth/token/lookup-self, renew-self and revoke-self',
  },
]
