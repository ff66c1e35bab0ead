import { shellWord } from '../../core/text/shell-word.ts'
import { type AdviceRow, type HostSignPurpose, reportHint } from './advice-row.ts'
import { describeMaximum, pathRows, signatureRows, unreadKeyRow } from './advice-sign.ts'

const rolePath = ({ mount, role }: HostSignPurpose) => shellWord(`${mount}/roles/${role}`)
const readRole = (purpose: HostSignPurpose) => `vault read ${rolePath(purpose)}`
const writeRole = (purpose: HostSignPurpose, setting: string) => `vault write ${rolePath(purpose)} ${setting}`

/** The refusals of `sign` with `cert_type=host` (reference: builtin/logical/ssh/path_issue_sign.go of Vault and OpenBao). */
export const hostSignRows: readonly AdviceRow<HostSignPurpose>[] = [
  {
    text: /^unknown role: /i,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount, role }) => `there is no role ${JSON.stringify(role)} at ${mount}/`,
    hint: ({ mount }) =>
      `capitals matter in role names; see them with: vault list ${shellWord(`${mount}/roles`)}, then: latchkey ssh host-sign --role ROLE`,
  },
  unreadKeyRow,
  {
    text: /^public_key failed to meet the key requirements/,
    code: 'VAULT_KEY_NOT_ALLOWED',
    message: ({ role }, [, reason = '']) => `role ${role} does not certify this type of host key${reason}`,
    hint: (purpose) =>
      `give it a key of another type, or add this one to allowed_user_key_lengths; see: ${readRole(purpose)}`,
  },
  {
    text: /^cert_type '(user|host)' is not allowed by role$|^role key type 'otp' not allowed/,
    code: 'VAULT_ROLE_KIND',
    message: ({ role }) => `role ${role} does not sign host certificates`,
    hint: (purpose) =>
      `use a role for hosts (--role), or have its operator run: ${writeRole(purpose, 'key_type=ca allow_host_certificates=true allowed_domains=DOMAIN allow_subdomains=true')}`,
  },
  {
    text: /^role is not configured to allow any princip(al|le)s/,
    code: 'VAULT_PRINCIPALS',
    message: ({ role }) => `role ${role} allows no names of hosts`,
    hint: (purpose) =>
      `its operator must set allowed_domains, and allow_subdomains or allow_bare_domains; see: ${readRole(purpose)}`,
  },
  {
    text: /^(.*) is not a valid value for valid_principals$/,
    code: 'VAULT_PRINCIPALS',
    message: ({ role }, [, name]) => `role ${role} does not certify the host name ${JSON.stringify(name)}`,
    hint: (purpose) =>
      `see allowed_domains in: ${readRole(purpose)} (names in it need allow_bare_domains, names below it allow_subdomains), or name the host otherwise: --principals NAME`,
  },
  {
    text: /^empty valid principals not allowed by role|globally-valid certificate with no principals specified/,
    code: 'VAULT_REQUEST_INVALID',
    message: () => 'it has not taken the names of the host that were sent',
    hint: reportHint,
  },
  {
    text: /^template .*could not be rendered/,
    code: 'VAULT_TEMPLATE',
    message: ({ role }) => `a template of role ${role} cannot be filled in for this token's identity`,
    hint: (purpose) => `see allowed_domains in: ${readRole(purpose)}`,
  },
  {
    text: /^ttl is larger than maximum allowed (.+)$/,
    code: 'VAULT_TTL_TOO_LONG',
    message: ({ role }, match) => `role ${role} allows certificates of at most ${describeMaximum(match)}`,
    hint: (_, match) => `latchkey ssh host-sign --ttl ${shellWord(describeMaximum(match))}`,
  },
  ...signatureRows,
  ...pathRows({
    noMount:
      'the mount is the path of an ssh secrets engine: see them with: vault secrets list, then: latchkey ssh host-sign --mount MOUNT',
    denied: 'check mount and role',
  }),
]
