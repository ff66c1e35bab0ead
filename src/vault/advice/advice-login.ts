import { type LoginAdvice, reportHint } from './advice-row.ts'

/** What any login may be refused with; what only one method is refused with is in that method's file. */
export const loginRows: LoginAdvice = [
  {
    text: /^(?:missing (\w+)|(password) cannot be (?:empty|of zero length).*)$/,
    code: 'VAULT_REQUEST_INVALID',
    message: ({ mount }, [, field, empty]) => `the login at auth/${mount}/ came without a ${field ?? empty}`,
    hint: reportHint,
  },
  {
    text: /unauthorized by CIDR restrictions|^unauthorized source address/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `auth/${mount}/ does not allow logins from this machine's network address`,
    hint: () => 'log in from an allowed network, or have the addresses that the role is bound to changed',
  },
  {
    text: /^(?:\w+ backend|auth method) not configured$|^could not load (?:backend )?configuration$/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `auth/${mount}/ is not configured, so nobody can log in there`,
    hint: ({ mount }) => `check mount of auth in config.toml; its operator must write auth/${mount}/config`,
  },
  {
    text: /^(1 error occurred: \* )?permission denied$/,
    status: 403,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount, who }) =>
      `the login of ${who} at auth/${mount}/ is refused: there is no such auth mount, or it is locked, disabled or bound to other networks`,
    hint: ({ mount }) =>
      `check mount of auth in config.toml, where auth/${mount}/ may not exist, and namespace; after several wrong attempts a login is locked, for 15 minutes by default, even with the right secret`,
  },
]
