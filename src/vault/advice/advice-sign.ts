import { shellWord } from '../../core/text/shell-word.ts'
import { formatDuration } from '../../core/time/duration.ts'
import { keyGenerators } from '../../ssh/keys/key-types.ts'
import { waitHint } from './advice-general.ts'
import { type AdviceRow, type HostSignPurpose, reportHint, type SignPurpose } from './advice-row.ts'

const rolePath = ({ mount, role }: SignPurpose) => shellWord(`${mount}/roles/${role}`)
const readRole = (purpose: SignPurpose) => `vault read ${rolePath(purpose)}`

const otherKeyTypes = ({ keyType }: SignPurpose) =>
  keyGenerators.flatMap(({ name }) => (name === keyType ? [] : [name])).join(', ')

/** The refusals of `sign` that are about the CA, whatever it is to certify. */
export const signatureRows: readonly AdviceRow<SignPurpose | HostSignPurpose>[] = [
  {
    text: /^unable to find issuer for reference: |^no default issuer currently configured|failed to read CA |error creating signer/,
    code: 'VAULT_CA_MISSING',
    message: ({ mount }) => `${mount}/ has no CA key to sign with`,
    hint: ({ mount }) =>
      `its operator must set one: vault write ${shellWord(`${mount}/config/ca`)} generate_signing_key=true key_type=ed25519`,
  },
  {
    text: /^failed to generate signed SSH key: .*unsupported signature algorithm "(.+?)" for key format "(.+?)"/,
    code: 'VAULT_ROLE_KIND',
    message: ({ role, mount }, [, algorithm, format]) =>
      `role ${role} wants signatures of type ${algorithm}, which the CA key of ${mount}/ (${format}) cannot make`,
    hint: (purpose) =>
      `its operator must run: vault write ${shellWord(`${purpose.mount}/roles/${purpose.role}`)} algorithm_signer=default`,
  },
  {
    text: /^failed to generate signed SSH key|^failed to parse stored CA private key/,
    code: 'VAULT_UNAVAILABLE',
    message: ({ mount }) => `${mount}/ could not sign just now`,
    hint: (purpose, _, vault) => `${waitHint(purpose, vault)}; if it goes on, see the log of the server`,
  },
]

/** The key that was sent is none to the server. */
export const unreadKeyRow: AdviceRow = {
  text: /^missing public_key$|^failed to parse public_key as SSH key/,
  code: 'VAULT_REQUEST_INVALID',
  message: () => 'it could not read the public key that was sent',
  hint: reportHint,
}

/** The refusals of a `sign` that is not there, or not for this token. @param hints what to do about each */
export const pathRows = (hints: {
  noMount: string
  denied: string
}): readonly AdviceRow<SignPurpose | HostSignPurpose>[] => [
  {
    text: /^unsupported path$/,
    status: 404,
    code: 'VAULT_MOUNT_UNKNOWN',
    message: ({ mount, role }) => `there is nothing at ${mount}/sign/${role} that signs ssh keys`,
    hint: () => hints.noMount,
  },
  {
    text: /^1 error occurred: \* permission denied$/,
    status: 403,
    code: 'VAULT_DENIED',
    message: ({ mount, role }) => `the token may not sign with role ${role} at ${mount}/`,
    hint: ({ mount, role }) =>
      `${hints.denied}: what is not there is refused in the same words; otherwise it needs a policy with capability "update" on "${mount}/sign/${role}"`,
  },
]

/** The refusals of `sign` (reference: builtin/logical/ssh of Vault and OpenBao; the recorded ones are in the tests). */
export const signRows: readonly AdviceRow<SignPurpose>[] = [
  {
    text: /^unknown role: /i,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount, role }) => `there is no role ${JSON.stringify(role)} at ${mount}/`,
    hint: ({ mount }) =>
      `capitals matter in role names; see the roles with: vault list ${shellWord(`${mount}/roles`)}, then edit role in config.toml`,
  },
  unreadKeyRow,
  {
    text: /^public_key failed to meet the key requirements|^provided key_(type|bits) value not in /,
    code: 'VAULT_KEY_NOT_ALLOWED',
    message: ({ role, keyType }) => `role ${role} does not certify keys of type ${keyType}`,
    hint: (purpose) =>
      purpose.isOthersKey === true
        ? `name another key in upstream_key, or have its type put into allowed_user_key_lengths of the role; see: ${readRole(purpose)}`
        : `set key_type of the ssh identity in config.toml to one that allowed_user_key_lengths of the role has, of ${otherKeyTypes(purpose)}; see: ${readRole(purpose)}`,
  },
  {
    text: /^cert_type '(user|host)' is not allowed by role$|^role key type 'otp' not allowed/,
    code: 'VAULT_ROLE_KIND',
    message: ({ role }) => `role ${role} does not sign user certificates`,
    hint: (purpose) =>
      `use a role of key_type ca that has allow_user_certificates, and edit role in config.toml; see: ${readRole(purpose)}`,
  },
  {
    text: /^cert_type must be either 'user' or 'host'$|^setting key_id is not allowed by role$/,
    code: 'VAULT_REQUEST_INVALID',
    message: () => 'it was asked for what latchkey never asks for',
    hint: reportHint,
  },
  {
    text: /^empty valid principals not allowed by role|globally-valid certificate with no principals specified/,
    code: 'VAULT_PRINCIPALS',
    message: ({ role }) => `role ${role} has no default user, and no principals were asked for`,
    hint: () => 'set principals of the ssh identity in config.toml, such as principals = ["ubuntu"]',
  },
  {
    text: /^role is not configured to allow any princip(al|le)s/,
    code: 'VAULT_PRINCIPALS',
    message: ({ role }) => `role ${role} allows no principals to be asked for`,
    hint: (purpose) =>
      `take principals out of config.toml to get the role's default_user, or have allowed_users set; see: ${readRole(purpose)}`,
  },
  {
    text: /^(.*) is not a valid value for valid_principals$/,
    code: 'VAULT_PRINCIPALS',
    message: ({ role }, [, principal]) => `role ${role} does not allow the principal ${JSON.stringify(principal)}`,
    hint: (purpose) =>
      `edit principals in config.toml; see allowed_users in: ${readRole(purpose)} (where it has {{…}}, a token without an identity, such as a root token, is allowed nobody)`,
  },
  {
    text: /^template '(.*)' could not be rendered -> template substitution contains forbidden value ","/,
    code: 'VAULT_TEMPLATE',
    message: ({ role }, [, template]) =>
      `a template of role ${role} yields a value with a comma, which the role does not allow: ${template}`,
    hint: (purpose) =>
      `its operator must take the comma out of that metadata, or, where each part may be a user, run: vault write ${rolePath(purpose)} allow_commas_in_identity_templates=true`,
  },
  {
    text: /^template .*could not be rendered|template.* could not be rendered/,
    code: 'VAULT_TEMPLATE',
    message: ({ role }) => `a template of role ${role} cannot be filled in for this token's identity`,
    hint: (purpose) =>
      `its operator must add an alias for the auth mount that you log in by; see the templates in: ${readRole(purpose)}`,
  },
  {
    text: /^ttl is larger than maximum allowed (.+)$/,
    code: 'VAULT_TTL_TOO_LONG',
    message: ({ role }, match) => `role ${role} allows certificates of at most ${describeMaximum(match)}`,
    hint: (_, match) => `set ttl of the ssh identity in config.toml to at most ${describeMaximum(match)}`,
  },
  {
    text: /^extensions \[(.*)\] are not on allowed list$/,
    code: 'VAULT_OPTIONS_NOT_ALLOWED',
    message: ({ role }, [, names]) => `role ${role} does not allow these extensions: ${names}`,
    hint: (purpose) =>
      `drop them from extensions in config.toml, or see allowed_extensions in: ${readRole(purpose)} (with no extensions set, the role's own are used)`,
  },
  {
    text: /^critical options not on allowed list: \[(.*)\]$/,
    code: 'VAULT_OPTIONS_NOT_ALLOWED',
    message: ({ role }, [, names]) => `role ${role} does not allow these critical options: ${names}`,
    hint: (purpose) =>
      `drop them from critical_options in config.toml, or see allowed_critical_options in: ${readRole(purpose)}`,
  },
  ...signatureRows,
  ...pathRows({
    noMount:
      'mount is the path of an ssh secrets engine, and no more: see them with: vault secrets list, then edit mount in config.toml',
    denied: 'check mount, role and namespace in config.toml',
  }),
]

/** The maximum of a refused ttl in seconds, where the server names it in seconds. */
export function maxTtlSecondsIn(text: string): number | undefined {
  const seconds = /^ttl is larger than maximum allowed (\d{1,10})$/.exec(text)?.[1]
  return seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds)
}

/** The maximum of a refused ttl, as the server names it or as a duration. */
export function describeMaximum([text, limit = '']: RegExpMatchArray): string {
  const seconds = maxTtlSecondsIn(text)
  return seconds === undefined ? limit : formatDuration(seconds)
}
