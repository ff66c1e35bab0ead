import { findBlock } from '../../aws/files/aws-config-edit.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { exchangeProfiles } from './exchange-profiles.ts'
import { awaitRead, knownProfiles, usersOf } from './known-profiles.ts'
import { profileFiles } from './profile-files.ts'

/** Takes a profile out of config.toml, and its block out of the AWS tools' file. */
export async function removeProfile(name: string, context: CommandContext): Promise<void> {
  const known = await knownProfiles(context)
  const present = known.find((each) => each.name === name)
  if (present === undefined) {
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
  if (present.definedIn === 'aws-files' && present.awsFiles === 'other')
    throw refused(foreign, 'remove it there yourself')
  if (present.definedIn === 'config.toml' && present.source === undefined)
    throw refused(
      `${name} is a source, not a role`,
      `edit config.toml, and remove its key: latchkey aws keys remove ${shellWord(name)}`,
    )
  const users = usersOf(name, known)
  const files = await profileFiles(context)
  const user = known.find((each) => each.name === users[0])
  if (user !== undefined)
    throw refused(
      `${users.join(', ')} cannot be used without ${name}`,
      user.definedIn === 'config.toml'
        ? `latchkey aws profiles remove ${shellWord(user.name)}`
        : `give ${user.name} another source_profile in ${files.aws}`,
    )
  const isListed = present.definedIn === 'config.toml'
  if (!isListed && present.awsFiles === 'absent')
    throw refused(
      `${name} is in the AWS files that the daemon reads, and not in ${files.aws}`,
      'set AWS_CONFIG_FILE to the file that the daemon reads, and run this again',
    )
  const removedTables = isListed ? [name] : []
  const before = await exchangeProfiles(files, { removed: [name], removedTables, added: [], blocks: [] }, context)
  const block = findBlock(before, name)
  if (!isListed && block !== 'own') {
    const more = `the section of ${name} in ${files.aws} has more than latchkey writes`
    throw refused(block === 'other' ? more : foreign, 'remove it there yourself')
  }
  await awaitRead(
    context,
    '',
    (profiles) => !profiles.some((each) => each.name === name && each.definedIn === 'config.toml'),
  )
  const places = [...(isListed ? [files.config] : []), ...(block === 'own' ? [files.aws] : [])]
  const rest = block === 'other' ? `; its section in ${files.aws} stays: it has more than latchkey writes` : ''
  context.print(`${displayLine(`removed ${name} from ${places.join(' and ')}${rest}`)}\n`)
}

function refused(message: string, hint: string): HelperError {
  return new HelperError('REFUSED', message, { hint })
}
