import { resolve } from 'node:path'
import { sourceOf } from '../../aws/files/new-profile.ts'
import { describeError } from '../../core/errors.ts'
import { readWholeFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { fetchList } from './fetch-list.ts'

/** Where a list of accounts comes from. */
export interface AccountSourceOptions {
  /** A file, or an address. */
  list: string | undefined
  /** The profile with whose credentials Organizations is asked; true: the source. */
  organizations: string | true | undefined
  source: string | undefined
  partition: string
}

/** A list of accounts as it came. */
export interface GivenAccounts {
  bytes: Buffer
  /** The name of the list: what was written from it, and nothing else, may be taken away. */
  from: string
}

/** Of the list: some two thousand accounts as the AWS CLI prints them. */
const maxBytes = 1024 * 1024

/** @throws {HelperError} USAGE, REFUSED; {AwsError} AWS_PROFILE_INVALID: which source it is */
export async function readAccounts(
  { list, organizations, source, partition }: AccountSourceOptions,
  known: readonly AwsProfileEntry[],
  context: CommandContext,
): Promise<GivenAccounts> {
  if ((list === undefined) === (organizations === undefined)) {
    throw new HelperError('USAGE', 'name a list of accounts, or say --organizations', {
      hint: 'latchkey help aws profiles sync',
    })
  }
  if (list !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(list)) {
    return await fetchList(list, maxBytes, context.environment)
  }
  if (list !== undefined) return { bytes: await readList(resolve(list)), from: resolve(list) }
  const profile = typeof organizations === 'string' ? organizations : sourceOf(source, '', known)
  const { accounts } = await context.daemon.call('listAccounts', { body: { profile, partition } })
  // In one order, whatever that of AWS is: its hash is the same until an account changes.
  const sorted = [...accounts].sort((one, other) => (one.Id < other.Id ? -1 : 1))
  return { bytes: Buffer.from(JSON.stringify(sorted)), from: `organizations:${profile}` }
}

async function readList(path: string): Promise<Buffer> {
  try {
    // It decides which roles are assumed, but it is shown before it is used, or pinned.
    return await readWholeFile(path, { maxBytes, isTrusted: false })
  } catch (cause) {
    throw new HelperError('REFUSED', `${path} cannot be read: ${describeError(cause)}`, {
      cause,
      hint: `ls -l ${shellWord(path)}`,
    })
  }
}
