import { findBlock } from '../../aws/files/aws-config-edit.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { exchangeProfiles } from './exchange-profiles.ts'
import { awaitRead, hintOfUser, knownProfiles, usersOf } from './known-profiles.ts'
import { profileFiles } from './profile-files.ts'

/** Takes a profile out of config.toml, and its block out of the AWS tools' file. */
export async function removeProfile(name: string, context: CommandContext): Promise<void> {
  const known = await knownProfiles(context)
  const present = known.find((each) => each.name === name)
  const isListed = present?.definedIn === 'config.toml'
  const isInConfig = isListed || (await isSwitchedOff(name, context))
  if (present === undefined && !isInConfig) {
    const near = nearestNames(
      name,
      known.map((each) => each.name),
    )
    throw refused(
      near.length === 0
        ? `there is no profile ${name}`
        : `there is no profile ${name}: did you mean ${near.join(' or ')}?`,
      'latchkey aws profiles list',
    )
  }
  const foreign = `${name} is in the AWS files alone, and was not written by latchkey`
  if (!isInConfig && present?.awsFiles === 'other') throw refused(foreign, 'remove it there yourself')
  if (isListed && present.source === undefined)
    throw refused(
      `${name} is a source, not a role`,
      `edit config.toml, and remove its key: latchkey aws keys remove ${shellWord(name)}`,
    )
  const users = usersOf(name, known)
  const files = await profileFiles(context)
  if (users[0] !== undefined)
    throw refused(
      `${users.map((user) => user.name).join(', ')} cannot be used without ${name}`,
      hintOfUser(users[0], files),
    )
  if (!isInConfig && present?.awsFiles === 'absent')
    throw refused(
      `${name} is in the AWS files that the daemon reads, and not in ${files.aws}`,
      'set AWS_CONFIG_FILE to the file that the daemon reads, and run this again',
    )
  const removedTables = isInConfig ? [name] : []
  const before = await exchangeProfiles(files, { removed: [name], removedTables, added: [], blocks: [] }, context)
  const block = findBlock(before, name)
  if (!isInConfig && block !== 'own') {
    const more = `the section of ${name} in ${files.aws} has more than latchkey writes`
    throw refused(block === 'other' ? more : foreign, 'remove it there yourself')
  }
  await awaitRead(
    context,
    '',
    async (profiles) =>
      !profiles.some((each) => each.name === name && each.definedIn === 'config.toml') &&
      !(await isSwitchedOff(name, context)),
  )
  const places = [...(isInConfig ? [files.config] : []), ...(block === 'own' ? [files.aws] : [])]
  const rest = block === 'other' ? `; its section in ${files.aws} stays: it has more than latchkey writes` : ''
  context.print(`${displayLine(`removed ${name} from ${places.join(' and ')}${rest}`)}\n`)
}

/** Whether config.toml has a section of it that is wrong: no list has it, and it has to go all the same. */
async function isSwitchedOff(name: string, { daemon }: CommandContext): Promise<boolean> {
  const { errors } = await daemon.call('getConfig')
  return errors.some(({ section, effect }) => effect === 'off' && section === `aws.profile.${name}`)
}

function refused(message: string, hint: string): HelperError {
  return new HelperError('REFUSED', message, { hint })
}
