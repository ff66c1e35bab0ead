import { shellWord } from '../../core/text/shell-word.ts'
import type { AdviceRow, TokenPurpose } from './advice-row.ts'
import { awayTexts } from './behind-texts.ts'

/** The refusals of looking up, renewing or revoking a token. */
export const tokenRows: readonly AdviceRow<TokenPurpose>[] = [
  ...Object.values(awayTexts).map(
    (text): AdviceRow<TokenPurpose> => ({
      text,
      code: 'VAULT_LOGIN_LOCKED',
      message: ({ operation }) =>
        `what checked the password does not answer the vault, which cannot ${operation} the token`,
      hint: () => 'it is tried again; until the token ends it stays usable',
    }),
  ),
  // The server has kept the password, and shows it to the directory again with each renewal.
  {
    text: /^failed to renew entry: invalid credentials$|^access denied by the authentication server$|failed to bind as user$/,
    code: 'VAULT_NOT_RENEWABLE',
    message: () => 'the token cannot be renewed: the password of its login is no longer accepted',
    hint: (_, __, vault) => `if it was changed, run: latchkey login ${shellWord(vault)}`,
  },
  {
    text: /^lease is not renewable$|^batch tokens cannot be renewed$|past the max TTL, cannot renew|^lease expired|policies (have changed, not renewing|do not match)|role .* does not exist during renewal|^no client certificate found$|^invalid certificate or no client|client identity during renewal|cannot renew a token across namespaces/,
    code: 'VAULT_NOT_RENEWABLE',
    message: (_, [reason]) => `the token cannot be renewed: ${reason}`,
    hint: (_, __, vault) => `log in again when it has expired: latchkey login ${shellWord(vault)}`,
  },
  {
    text: /^batch tokens cannot be revoked$/,
    code: 'VAULT_REFUSED',
    message: () => 'a batch token cannot be revoked: it ends by itself',
    hint: () => 'nothing needs to be done',
  },
  {
    text: /^1 error occurred: \* permission denied$/,
    status: 403,
    code: 'VAULT_DENIED',
    message: ({ operation }) => `the token may not ${operation} itself`,
    hint: () => 'it needs the policy "default", or one with auth/token/lookup-self, renew-self and revoke-self',
  },
]
