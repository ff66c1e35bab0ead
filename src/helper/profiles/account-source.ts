import { resolve } from 'node:path'
import { describeError, errorCode } from '../../core/errors.ts'
import { readWholeFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { fetchList } from './fetch-list.ts'

/** Where a list of accounts comes from. */
export interface AccountSourceOptions {
  /** A file, or an address. */
  list: string | undefined
  /** The profile with whose credentials Organizations is asked. */
  organizations: string | undefined
}

/** A list of accounts as it came. */
export interface GivenAccounts {
  bytes: Buffer
  /** The name of the list: what was written from it, and nothing else, may be taken away. */
  from: string
}

/** Of the list: some two thousand accounts as the AWS CLI prints them. */
const maxBytes = 1024 * 1024

/** @throws {HelperError} USAGE, REFUSED */
export async function readAccounts(
  { list = '', organizations }: AccountSourceOptions,
  context: CommandContext,
): Promise<GivenAccounts> {
  if (organizations !== undefined) {
    const { accounts } = await context.daemon.call('listAccounts', { body: { profile: organizations } })
    // In one order, whatever that of AWS is: its hash is the same until an account changes.
    const sorted = [...accounts].sort((one, other) => (one.Id < other.Id ? -1 : 1))
    return { bytes: Buffer.from(JSON.stringify(sorted)), from: `organizations:${organizations}` }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(list)) {
    return await fetchList(list, maxBytes, context.environment)
  }
  return { bytes: await readList(resolve(list)), from: resolve(list) }
}

async function readList(path: string): Promise<Buffer> {
  try {
    // It decides which roles are assumed, but it is shown before it is used, or pinned.
    return await readWholeFile(path, { maxBytes, isTrusted: false })
  } catch (cause) {
    const isMissing = errorCode(cause) === 'ENOENT'
    throw new HelperError(
      'REFUSED',
      isMissing ? `there is no file ${path}` : `${path} cannot be read: ${describeError(cause)}`,
      {
        cause,
        hint: `ls -l ${shellWord(path)}`,
      },
    )
  }
}
