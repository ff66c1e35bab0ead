import { isRecord } from '../../core/json-record.ts'
import { AwsError } from '../aws-error.ts'
import { profileNameFrom } from '../links/profile-name.ts'
import { isAccountId } from '../links/switch-role-link.ts'

/** An account of a list. */
export interface ListedAccount {
  id: string
  name: string
}

/** So many have room in the files that the daemon reads, with several roles each. */
export const maxAccounts = 2_000
/** Organizations API reference, "Account". */
export const maxNameLength = 50

/**
 * Reads a list of accounts as `aws organizations list-accounts` prints it, or the array in it alone: `Id` and `Name` of
 * each, and its `Status` or `State`, where only `ACTIVE` counts. Nothing of a list is believed that is not in this form.
 * @throws {AwsError} AWS_LIST_INVALID
 */
export function parseAccountList(text: string): ListedAccount[] {
  const entries = entriesOf(text)
  if (entries.length > maxAccounts) throw invalid(`it has more than ${maxAccounts} accounts`)
  const accounts = entries.flatMap((entry, at) => accountOf(entry, `entry ${at + 1}`))
  const ids = new Map<string, number>()
  for (const { id } of accounts) ids.set(id, (ids.get(id) ?? 0) + 1)
  const double = accounts.find(({ id }) => ids.get(id)! > 1)
  if (double !== undefined) throw invalid(`it has account ${double.id} more than once`)
  return accounts
}

function entriesOf(text: string): readonly unknown[] {
  let list: unknown
  try {
    list = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw invalid('it is no JSON', cause)
  }
  const entries = isRecord(list) ? list.Accounts : list
  if (!Array.isArray(entries)) throw invalid('it has no array "Accounts"')
  return entries as readonly unknown[]
}

/** @returns none for an account that is closed or suspended */
function accountOf(entry: unknown, where: string): ListedAccount[] {
  if (!isRecord(entry)) throw invalid(`${where} is no object`)
  const { Id: id, Name: name, Status: status, State: state } = entry
  if (typeof id !== 'string' || !isAccountId(id)) throw invalid(`the Id of ${where} is not 12 digits`)
  if (typeof name !== 'string' || name.length > maxNameLength || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name))
    throw invalid(`the Name of account ${id} is not a text of at most ${maxNameLength} characters that can be shown`)
  if (profileNameFrom(name) === '')
    throw invalid(`the Name of account ${id} has nothing that a profile could be named after`)
  const isActive = [status, state].every((each) => each === undefined || each === 'ACTIVE')
  return isActive ? [{ id, name }] : []
}

function invalid(reason: string, cause?: unknown): AwsError {
  return new AwsError('AWS_LIST_INVALID', `this is not a list of accounts: ${reason}`, {
    cause,
    hint: 'write one with aws organizations list-accounts --output json',
  })
}
