import { AwsError } from '../aws-error.ts'
import { fieldMistake } from '../plan/field-rules.ts'
import { partitionOfSignInHost, signInHost } from './sign-in-hosts.ts'

/** What a switch-role link says (IAM User Guide, "Switching to a role (console)"). */
export interface SwitchRoleLink {
  partition: string
  /** Twelve digits, or the account's alias, of which nobody outside of the account can learn the id. */
  account: { id: string } | { alias: string }
  /** With its path where it has one, without a slash before it: `team/Dev`. */
  roleName: string
  displayName?: string
  /** Six hexadecimal digits in lower case. */
  color?: string
}

/** Longer than any real one. */
const maxLength = 4096
/** Of the path and name of a role together: the console switches to no longer one. */
export const maxRoleLength = 64
/** The name after its path (IAM API reference, "CreateRole"). */
const rolePattern = /^(?:[!-.0-~]+\/)*[\w+=,.@-]+$/

/** Control and format characters; U+FFFD stands where the bytes are not UTF-8. */
const unshown = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u

/** True for the id of an account. */
export function isAccountId(text: string): boolean {
  return /^\d{12}$/.test(text)
}

/**
 * Reads a switch-role link as the console does: its parameters in any order, with `+` or `%20` for blanks. A link to any
 * other host is refused, since it could name any role of anybody; so is one that says something twice.
 * @throws {AwsError} AWS_LINK_INVALID
 */
export function parseSwitchRoleLink(text: string): SwitchRoleLink {
  const link = text.trim()
  // The parser of addresses leaves line breaks and tabs out without a word.
  if (link.length > maxLength || unshown.test(link))
    throw invalid('it is too long, or has characters that cannot be shown')
  const url = URL.canParse(link) ? new URL(link) : undefined
  if (url === undefined) throw invalid('it is no address')
  if (url.protocol !== 'https:') throw invalid('it does not begin with https://')
  if (url.username !== '' || url.password !== '') throw invalid('it has a user name or a password before its host')
  const partition = partitionOfSignInHost(url.hostname)
  if (partition === undefined || url.port !== '') throw invalid(`${url.host} is no sign-in host of AWS`)
  if (!/^\/switchrole\/?$/.test(url.pathname)) throw invalid('its path is not /switchrole')
  const value = parametersOf(url.searchParams)
  const [account, role, displayName, color] = [
    value('account'),
    value('roleName'),
    value('displayName'),
    value('color'),
  ]
  if (account === undefined) throw invalid('it names no account')
  if (role === undefined) throw invalid('it names no role (roleName)')
  return {
    partition,
    account: accountOf(account),
    roleName: roleNameOf(role),
    ...(displayName === undefined ? {} : { displayName: displayNameOf(displayName) }),
    ...(color === undefined ? {} : { color: colorOf(color) }),
  }
}

/** The link that leads there, with what the console shows of it. */
export function formatSwitchRoleLink({ partition, account, roleName, displayName, color }: SwitchRoleLink): string {
  const query = new URLSearchParams({
    account: 'id' in account ? account.id : account.alias,
    roleName,
    ...(displayName === undefined ? {} : { displayName }),
    ...(color === undefined ? {} : { color }),
  })
  return `https://${signInHost(partition)}/switchrole?${query.toString()}`
}

/** Empty values count as none. */
function parametersOf(query: URLSearchParams): (name: string) => string | undefined {
  const names = [...query.keys()]
  const doubled = names.find((name, at) => names.indexOf(name) !== at)
  if (doubled !== undefined) throw invalid(`it says ${doubled} twice`)
  return (name) => query.get(name)?.trim() || undefined
}

function accountOf(account: string): SwitchRoleLink['account'] {
  if (isAccountId(account)) return { id: account }
  if (fieldMistake('accountAlias', account) === undefined) return { alias: account }
  throw invalid('its account is neither 12 digits nor an alias')
}

function roleNameOf(text: string): string {
  const role = text.replace(/^\//, '')
  if (!rolePattern.test(role) || role.length > maxRoleLength)
    throw invalid(`its roleName is not the name of a role, with its path of at most ${maxRoleLength} characters`)
  return role
}

function displayNameOf(text: string): string {
  if (text.length > 64 || unshown.test(text))
    throw invalid('its displayName is longer than 64 characters, or cannot be shown')
  return text
}

function colorOf(text: string): string {
  const color = text.replace(/^#/, '').toLowerCase()
  if (!/^[0-9a-f]{6}$/.test(color)) throw invalid('its color is not six hexadecimal digits')
  return color
}

function invalid(reason: string): AwsError {
  return new AwsError('AWS_LINK_INVALID', `this is not a switch-role link: ${reason}`, {
    hint: 'it looks like https://signin.aws.amazon.com/switchrole?account=111122223333&roleName=Dev, in quotes',
  })
}
