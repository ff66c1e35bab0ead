import { shellWord } from '../../../core/text/shell-word.ts'
import type { LoginAdvice, LoginPurpose } from '../../advice/advice-row.ts'

const again = (vault: string) => `run: latchkey login ${shellWord(vault)}`
const againHint = (_: LoginPurpose, __: RegExpMatchArray, vault: string) => again(vault)

/**
 * What a login by OIDC is refused with (hashicorp/vault-plugin-auth-jwt and openbao builtin/credential/jwt, path_oidc.go
 * and path_login.go). The server says little about what a provider has against it: its log says more.
 */
export const oidcAdvice: LoginAdvice = [
  {
    text: /^authorization_pending$/,
    code: 'VAULT_LOGIN_PENDING',
    message: () => 'the login is not finished in the browser',
    hint: againHint,
  },
  {
    text: /^slow_down$/,
    code: 'VAULT_LOGIN_SLOW_DOWN',
    message: () => 'it is asked too often whether the login is finished',
    hint: againHint,
  },
  {
    text: /^role "(.*)" could not be found$|Role could not be found/,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount }, [, role]) => `auth/${mount}/ has no role ${role ?? 'of that name'}`,
    hint: ({ mount }) => `edit role of auth in config.toml; see: vault list auth/${mount}/role`,
  },
  {
    text: /^missing role$/,
    code: 'VAULT_CONFIG',
    message: ({ mount }) => `auth/${mount}/ has no default role`,
    hint: () => 'set role of auth in config.toml',
  },
  {
    text: /^OIDC login is not configured for this mount$|could not load configuration/i,
    code: 'VAULT_CONFIG',
    message: ({ mount }) => `auth/${mount}/ is not set up for logins in a browser`,
    hint: () => 'check mount of auth in config.toml, or ask the operator of the vault',
  },
  {
    text: /Expired or missing OAuth state/,
    code: 'VAULT_LOGIN_FAILED',
    message: () =>
      'it knows of no such login any more: it took too long, was used already, or the server was restarted',
    hint: againHint,
  },
  {
    text: /^invalid client_nonce$/,
    code: 'VAULT_LOGIN_FAILED',
    message: () => 'somebody else has tried to finish this login, which ended it',
    hint: againHint,
  },
  {
    text: /access_denied/,
    code: 'VAULT_LOGIN_FAILED',
    message: () => 'the login was declined in the browser',
    hint: againHint,
  },
  {
    text: /error validating claims: (.*)$|sub claim does not match bound subject|claim "?.*"? (could )?not (be )?found/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }, [text, reason]) => `auth/${mount}/ does not let this person in: ${reason ?? text}`,
    hint: () => 'log in as somebody whom the role allows, or have the role changed: role of auth in config.toml',
  },
  {
    text: /^(?:Vault|OpenBao) login failed\. ?(.*)$|^(Token verification failed\..*|No response from provider\..*)$|^authorization failed: (.*)$/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }, [, reason, whole, error]) => `the login at auth/${mount}/ failed: ${reason ?? whole ?? error}`,
    hint: (_, __, vault) => `${again(vault)}; the log of the server says more`,
  },
]
