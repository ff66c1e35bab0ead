import { shellWord } from '../../core/text/shell-word.ts'
import { type AdviceRow, reportHint, type VaultPurpose } from './advice-row.ts'

/** How somebody who waits for it comes back; undefined where the daemon does, who needs nobody for that. */
function comingBack(purpose: VaultPurpose, vault: string): string | undefined {
  switch (purpose.type) {
    case 'login':
      return purpose.isAsked === true ? `run: latchkey login ${shellWord(vault)}` : undefined
    case 'public':
      return purpose.isAsked === true ? 'run the command again' : undefined
    case 'sign-host':
      return 'run the command again'
    case 'sign':
    case 'unwrap':
    case 'token':
      return undefined
  }
}

const byItself = 'it is tried again automatically, and certificates already held stay usable until they expire'

/** What is to be done about what passes by itself. @param vault the server's name in the configuration */
export function waitHint(purpose: VaultPurpose, vault: string): string {
  const back = comingBack(purpose, vault)
  return back === undefined ? byItself : `wait a little, then ${back}`
}

/** The same where somebody else has to do something first. */
function afterwardsHint(others: string, purpose: VaultPurpose, vault: string): string {
  const back = comingBack(purpose, vault)
  return back === undefined ? `${others}; ${byItself}` : `${others}; then ${back}`
}

/** What any call may be refused with. */
export const generalRows: readonly AdviceRow[] = [
  {
    text: /^(Vault|OpenBao|namespace) is sealed$/i,
    code: 'VAULT_SEALED',
    message: (_, [text]) => `${text.startsWith('namespace') ? 'its namespace' : 'it'} is sealed`,
    hint: (purpose, _, vault) => afterwardsHint('its operator must run: vault operator unseal', purpose, vault),
  },
  {
    text: /not initialized/i,
    status: 501,
    code: 'VAULT_REFUSED',
    message: () => 'it has not been initialised',
    hint: () => 'its operator must run: vault operator init',
  },
  {
    text: /^API access to this namespace has been locked/,
    code: 'VAULT_UNAVAILABLE',
    message: () => 'its namespace is locked',
    hint: () => 'its operator must run: vault namespace unlock',
  },
  {
    text: /^no active (Vault|OpenBao) instance found|node is not active|local node not active|active cluster node not found|^internal error$/i,
    code: 'VAULT_UNAVAILABLE',
    message: (_, [text]) => `it cannot answer just now: ${text}`,
    hint: (purpose, _, vault) => waitHint(purpose, vault),
  },
  {
    text: /quota exceeded|upstream rate limited/,
    code: 'VAULT_RATE_LIMITED',
    message: (_, [text]) =>
      text.startsWith('upstream') ? 'a server behind it has too many requests' : 'its rate limit is reached',
    hint: (purpose, _, vault) => waitHint(purpose, vault),
  },
  {
    text: /^no handler for route/,
    status: 404,
    code: 'VAULT_MOUNT_UNKNOWN',
    message: (purpose) => `nothing is mounted at ${mountOf(purpose)}`,
    hint: mountHint,
  },
  {
    text: /namespace not found|namespaces feature not enabled|namespaces? (is|are) not supported/,
    code: 'VAULT_NAMESPACE',
    message: (_, [text]) => (text.includes('found') ? 'its namespace does not exist' : 'it has no namespaces'),
    hint: () => 'edit namespace of the [vault.…] section in config.toml; see: vault namespace list',
  },
  {
    text: /operation unavailable in namespaces|operation only available in root namespace/,
    code: 'VAULT_NAMESPACE',
    message: () => 'this call does not exist in a namespace',
    hint: () => 'edit namespace of the [vault.…] section in config.toml',
  },
  {
    text: /unsupported operation|request body too large|failed to decode JSON input|failed to parse JSON input/,
    code: 'VAULT_REQUEST_INVALID',
    message: (_, [text]) => `it finds the request malformed: ${text}`,
    hint: reportHint,
  },
  {
    text: /HTTP request to an HTTPS server/,
    code: 'VAULT_CONFIG',
    message: () => 'it speaks TLS',
    hint: () => 'edit address of the [vault.…] section in config.toml: it must begin with https://',
  },
  // What Vault itself says since 1.17: `2 errors occurred: * permission denied * invalid token` where it knows no such token
  // (vault/request_handling.go, fetchACLTokenEntryAndEntity), and `bad token` of a look-up (vault/token_store.go).
  {
    text: /permission denied.*\binvalid token$|^(bad|invalid) token$/,
    code: 'VAULT_TOKEN_INVALID',
    message: () => 'the token is not valid: expired, revoked, used up, or made by another server',
    hint: (_, __, vault) => `run: latchkey login ${shellWord(vault)}`,
  },
  // OpenBao and older Vaults say only `permission denied`, as every Vault does for a token that is bound to other networks
  // or whose entity is disabled. Where a policy is in the way the text is `1 error occurred: * permission denied`.
  {
    text: /^permission denied$|^missing client token$/,
    code: 'VAULT_TOKEN_REJECTED',
    message: () => 'it does not accept the token: dead, bound to other networks, or its entity is disabled',
    hint: (_, __, vault) => `run: latchkey login ${shellWord(vault)}`,
  },
  {
    text: /permission denied/,
    status: 403,
    code: 'VAULT_DENIED',
    message: () => 'the token may not do this',
    hint: () => 'its policies must allow it; see them with: vault token lookup',
  },
]

function mountHint({ type }: VaultPurpose): string {
  if (type === 'login') return 'see the mounts with: vault auth list, then edit mount of auth in config.toml'
  const next = type === 'sign-host' ? ': latchkey ssh host-sign --mount MOUNT, or' : ''
  return `see the mounts with: vault secrets list, then${next} edit mount and namespace in config.toml`
}

function mountOf(purpose: VaultPurpose): string {
  switch (purpose.type) {
    case 'sign':
    case 'sign-host':
    case 'public':
      return `${purpose.mount}/`
    case 'login':
      return `auth/${purpose.mount}/`
    case 'unwrap':
      return 'sys/wrapping/'
    case 'token':
      return 'auth/token/'
  }
}
