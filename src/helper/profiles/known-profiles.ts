import type { FileSection, SectionState } from '../../aws/files/file-sections.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { exchangeProfiles } from './exchange-profiles.ts'
import { noteOtherFiles } from './other-files.ts'
import { type ProfileFiles, profileFiles } from './profile-files.ts'
import { readToolFiles } from './tool-files.ts'

/** An edit counts within a second. */
const patienceMs = 5_000
const pauseMs = 50

/** A profile as the daemon lists it, and as the AWS tools see it where the command is run. */
export interface KnownProfile extends AwsProfileEntry {
  /** What these tools have for it. */
  awsFiles: SectionState
  /** What assumes its role there. */
  sourceInFiles?: string
  /** The daemon reads other AWS files, and does not know it. */
  isOnlyHere?: true
}

/**
 * The profiles that there are. Those that were added for a limited time, and whose time is over, are taken out of both
 * files first, and told; so is it where the daemon reads other AWS files than the AWS tools do here.
 */
export async function knownProfiles(context: CommandContext): Promise<readonly KnownProfile[]> {
  const { profiles: listed, files: ofDaemon } = await context.daemon.call('listProfiles')
  await noteOtherFiles(ofDaemon, context)
  const profiles = withThoseHere(listed, await readToolFiles(context.environment))
  const ended = profiles.filter(({ until }) => until !== undefined && Date.parse(until) <= context.nowMs())
  if (ended.length === 0) return profiles
  const needed = neededOf(
    ended.map(({ name }) => name),
    profiles,
  )
  const files = await profileFiles(context)
  const { commandPath } = context
  for (const { name, until } of ended) {
    const user = needed.get(name)
    if (user !== undefined) {
      context.note(`${displayLine(`${name}, whose time ended at ${until}, is not removed: ${user.name} needs it`)}\n`)
      if (!ended.includes(user)) context.note(`${displayLine(`hint: ${hintOfUser(user, files)}`)}\n`)
      continue
    }
    try {
      await exchangeProfiles(
        files,
        { removed: [name], removedTables: [name], added: [], blocks: [] },
        { commandPath, note() {} },
      )
      context.note(`removed ${displayLine(name)}, whose time ended at ${until}\n`)
    } catch (error) {
      // The daemon refuses it whatever the files say, and the command was run for something else.
      if (!(error instanceof HelperError)) throw error
      context.note(`${displayLine(`${name}, whose time ended at ${until}, is not removed: ${error.message}`)}\n`)
    }
  }
  return profiles.filter((profile) => !ended.includes(profile))
}

/** Those of the profiles to be removed that have to stay: others that stay cannot be used without them, such as this one. */
export function neededOf(
  leaving: readonly string[],
  known: readonly KnownProfile[],
): ReadonlyMap<string, KnownProfile> {
  const needed = new Map<string, KnownProfile>()
  const isStaying = ({ name }: KnownProfile) => !leaving.includes(name) || needed.has(name)
  for (let before = -1; before !== needed.size; ) {
    before = needed.size
    for (const name of leaving) {
      const [user] = usersOf(name, known.filter(isStaying))
      if (user !== undefined && !needed.has(name)) needed.set(name, user)
    }
  }
  return needed
}

/** What to do about a profile that needs another one, which is to go. */
export function hintOfUser({ name, definedIn }: KnownProfile, { aws }: Pick<ProfileFiles, 'aws'>): string {
  return definedIn === 'config.toml'
    ? `latchkey aws profiles remove ${shellWord(name)}`
    : `give ${name} another source_profile in ${aws}`
}

/** The profiles that get their credentials from another one, in either file. */
export function usersOf(name: string, known: readonly KnownProfile[]): KnownProfile[] {
  return known.filter((each) => each.source === name || each.sourceInFiles === name)
}

const sourceOf = (section: FileSection | undefined) =>
  section?.source === undefined ? {} : { sourceInFiles: section.source }

/** Both together, sorted by name. */
function withThoseHere(
  listed: readonly AwsProfileEntry[],
  here: ReadonlyMap<string, FileSection>,
): readonly KnownProfile[] {
  const names = new Set(listed.map(({ name }) => name))
  const known = listed.map(
    (profile): KnownProfile => ({
      ...profile,
      awsFiles: here.get(profile.name)?.state ?? 'absent',
      ...sourceOf(here.get(profile.name)),
    }),
  )
  const onlyHere = [...here]
    .filter(([name]) => !names.has(name))
    .map(
      ([name, section]): KnownProfile => ({
        name,
        definedIn: 'aws-files',
        awsFiles: section.state,
        ...sourceOf(section),
        ...(section.isBlock ? { isBlock: true as const } : {}),
        isOnlyHere: true,
      }),
    )
  return [...known, ...onlyHere].sort((one, other) => (one.name < other.name ? -1 : 1))
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
