import { dirname } from 'node:path'
import { findBlock, withBlocks } from '../../aws/files/aws-config-edit.ts'
import type { NewProfile } from '../../aws/files/new-profile.ts'
import { tomlTable, withTables } from '../../aws/files/toml-edit.ts'
import { describeError, errorCode } from '../../core/errors.ts'
import { type EditFileOptions, editTextFile } from '../../core/files/edit-file.ts'
import { maxSettingsBytes } from '../../core/files/read-file.ts'
import { awsConfigBlock, credentialProcess } from '../../core/text/aws-config-block.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { linesByHand } from './lines-by-hand.ts'
import { toolFilePaths } from './tool-files.ts'

/** The two files that a profile is in. */
export interface ProfileFiles {
  /** The daemon's config.toml. */
  config: string
  /** The AWS tools' config file, as this command's environment has it. */
  aws: string
}

/** An edit takes some ms: a process that holds the lock for longer is suspended. */
const patienceMs = 10_000

/** Finds both: the daemon knows which config.toml it reads. */
export async function profileFiles({ daemon, environment }: CommandContext): Promise<ProfileFiles> {
  const { file } = await daemon.call('getConfig')
  return { config: file, aws: toolFilePaths(environment).config }
}

/**
 * Writes a profile into config.toml and its block into the AWS tools' file. A command that was killed between the two is
 * run again: what is there already stays as it is. What cannot be written is shown, for a person to write it.
 * @param isListed whether config.toml has the profile already
 * @throws {HelperError} what cannot be edited, and why
 */
export async function writeProfile(
  { config, aws }: ProfileFiles,
  profile: NewProfile,
  isListed: boolean,
  { note, commandPath }: CommandContext,
): Promise<void> {
  const { name, region, fields } = profile
  const path = tablePath(name)
  const block = awsConfigBlock({ name, region, latchkey: commandPath })!
  const show = (file: string, lines: string) => note(linesByHand('write into', file, lines))
  if (!isListed) {
    await edit(config, true, (text) => withTables(text, [{ path, fields }])).catch((error: unknown) => {
      show(config, tomlTable(path, fields))
      show(aws, block)
      throw error
    })
  }
  let isForeign = false
  await edit(aws, false, (text) => {
    isForeign = findBlock(text, name) === 'other'
    return withBlocks(text, [{ name, block }])
  }).catch((error: unknown) => {
    show(aws, block)
    throw error
  })
  if (isForeign) {
    const line = credentialProcess(name, commandPath)
    note(`${displayLine(`${name} is already in ${aws}`)}; its section should have:\n  ${displayLine(line)}\n`)
  }
}

/** Where config.toml has a profile. */
export const tablePath = (name: string) => ['aws', 'profile', name]

/** How a file is edited. */
export interface EditSettings extends Pick<EditFileOptions, 'isTrial' | 'encoding'> {
  maxBytes?: number
  /** What to do where it cannot be edited, and the disk is not full. */
  hint?: string
}

const byHand = 'write or remove the lines yourself, then latchkey config check'

/**
 * Edits a file of settings under its lock; a trial only finds out whether that can be done.
 * @param isTrusted the daemon takes config.toml from nobody but the user; the AWS tools do not look whose their file is
 * @throws {HelperError} REFUSED, TIMED_OUT
 */
export async function edit(
  path: string,
  isTrusted: boolean,
  change: (text: string) => string,
  { maxBytes = maxSettingsBytes, hint = byHand, ...options }: EditSettings = {},
): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs)
  try {
    await editTextFile(path, change, { ...options, maxBytes, isTrusted, signal })
  } catch (cause) {
    if (cause === signal.reason) {
      throw new HelperError('TIMED_OUT', `another command has been editing ${path} for ten seconds`, {
        cause,
        hint: 'end it, and run this one again',
      })
    }
    const reason = describeError(cause)
    const message = reason.startsWith(path) ? reason : `${path} is not edited: ${reason}`
    throw new HelperError('REFUSED', message, {
      cause,
      hint: isFull(cause) ? `make room in ${dirname(path)} (df -h), and run the command again` : hint,
    })
  }
}

/** The disk has no room, or no more for this user. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')
}
