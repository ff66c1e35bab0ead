import { shellWord } from '../../core/text/shell-word.ts'
import type { AdviceRow, TokenPurpose } from './advice-row.ts'

/** The refusals of looking up, renewing or revoking a token. */
export const tokenRows: readonly AdviceRow<TokenPurpose>[] = [
  {
    text: /^lease is not renewable$|^batch tokens cannot be renewed$|past the max TTL, cannot renew|^lease expired|policies (have changed, not renewing|do not match)|^no client certificate found$|^invalid certificate or no client|client identity during renewal|cannot renew a token across namespaces/,
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
