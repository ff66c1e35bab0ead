import { displayLine } from '../../core/text/display-text.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { eraseProfile, profileFiles } from './profile-files.ts'

/** An edit counts within a second. */
const patienceMs = 5_000
const pauseMs = 50

/**
 * The profiles that there are. Those that were added for a limited time, and whose time is over, are taken out of both
 * files first, and told.
 */
export async function knownProfiles(context: CommandContext): Promise<readonly AwsProfileEntry[]> {
  const { profiles } = await context.daemon.call('listProfiles')
  const ended = profiles.filter(({ until }) => until !== undefined && Date.parse(until) <= context.nowMs())
  if (ended.length === 0) return profiles
  const files = await profileFiles(context)
  for (const { name, until } of ended) {
    try {
      await eraseProfile(files, name)
      context.note(`removed ${displayLine(name)}, whose time ended at ${until}\n`)
    } catch (error) {
      // The daemon refuses it whatever the files say, and the command was run for something else.
      if (!(error instanceof HelperError)) throw error
      context.note(`${displayLine(`${name}, whose time ended at ${until}, is not removed: ${error.message}`)}\n`)
    }
  }
  return profiles.filter((profile) => !ended.includes(profile))
}

/**
 * Waits until the daemon has read an edit of its file, so that the next command finds what this one wrote.
 * @param section of config.toml
 * @throws {HelperError} REFUSED: what the daemon says against the section; TIMED_OUT
 */
export async function awaitRead(
  context: CommandContext,
  section: string,
  isRead: (profiles: readonly AwsProfileEntry[]) => boolean | Promise<boolean>,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const { profiles } = await context.daemon.call('listProfiles')
    if (await isRead(profiles)) return
    const { file, errors } = await context.daemon.call('getConfig')
    const fault = errors.find((error) => error.section === section)
    if (fault !== undefined) throw new HelperError('REFUSED', fault.message, { hint: fault.hint })
    if (waitedMs >= patienceMs) {
      throw new HelperError('TIMED_OUT', `${file} is written, but the daemon has not read it within 5 s`, {
        hint: 'latchkey config check',
      })
    }
    await context.pause(pauseMs)
  }
}
