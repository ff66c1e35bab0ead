import { type Command, Option } from 'commander'
import { formatLinks, type LinkedProfile, type LinkFormat, linkFormats, linkOf } from '../../aws/links/link-formats.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { knownProfiles } from '../profiles/known-profiles.ts'

/** `latchkey aws links` */
export function addAwsLinksCommand(aws: Command, context: CommandContext): void {
  aws
    .command('links')
    .description('print the switch-role links of the profiles, for colleagues and browsers')
    .addOption(new Option('--format <format>', 'what to print').choices(linkFormats).default('text'))
    .action(async ({ format }: { format: LinkFormat }) => {
      const profiles = await knownProfiles(context)
      const linked = profiles.filter((profile) => {
        const reason = whyNoLink(profile, profiles)
        if (reason !== '' && reason !== undefined)
          context.note(`${displayLine(`${profile.name} has no link: ${reason}`)}\n`)
        return reason === undefined
      }) as (AwsProfileEntry & LinkedProfile)[]
      context.print(formatLinks(linked, format))
    })
}

/** Why the console cannot switch to a profile; empty for a source, which is no role; undefined where it can. */
function whyNoLink(profile: AwsProfileEntry, all: readonly AwsProfileEntry[]): string | undefined {
  const { name, roleArn, source } = profile
  if (roleArn === undefined) return source === undefined ? '' : 'its configuration is wrong (latchkey config check)'
  if (linkOf({ name, roleArn }) === undefined) return 'the console takes no role with so long a name'
  // The console always switches from the user who has signed in, whatever they have switched to before.
  const isChained = all.some((each) => each.name === source && each.roleArn !== undefined)
  return isChained ? `its role is assumed by that of ${source}, and the console does not do that` : undefined
}
