import type { Command } from 'commander'
import { awsConfigBlock, credentialProcess } from '../../core/text/aws-config-block.ts'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { type AddProfileOptions, addProfile } from '../profiles/add-profile.ts'
import { type KnownProfile, knownProfiles } from '../profiles/known-profiles.ts'
import { removeProfile } from '../profiles/remove-profile.ts'
import { type SyncOptions, syncProfiles } from '../profiles/sync-profiles.ts'
import { formatTable } from '../text-table.ts'

/** `latchkey aws profiles …` */
export function addAwsProfilesCommands(aws: Command, context: CommandContext): void {
  const profiles = aws.command('profiles').description('the profiles that credentials can be asked for')
  profiles
    .command('add')
    .description('write a profile for a role into config.toml and ~/.aws/config')
    .argument('[link]', 'a switch-role link of the console, in quotes')
    .option('--role <arn>', 'the role, in the place of a link')
    .option('--source <name>', 'what assumes it (default: the only source)')
    .option('--name <name>', 'the name of the profile (default: what the link shows)')
    .option('--account <id>', 'the id of the account that the link names by its alias')
    .option('--region <region>', 'the region of the profile (default: that of the source)')
    .option('--for <duration>', 'how long the profile is to be there, such as 3d')
    .action((link: string | undefined, options: AddProfileOptions) => addProfile(link, options, context))
  profiles
    .command('sync')
    .description('make profiles of the accounts of a list, and take away those that it had before')
    .argument('[list]', 'what aws organizations list-accounts prints as JSON: a file, or its https address')
    .option('--organizations [profile]', 'ask AWS Organizations, with these credentials (default: those of the source)')
    .option('--sha256 <hash>', 'the SHA-256 of the list: nobody is asked then')
    .option('--role <name>', 'the role to assume in each account; may be given more than once', collect)
    .option('--source <name>', 'what assumes them (default: the only source)')
    .option('--partition <name>', 'the partition of the accounts (default: that of the source)')
    .option('--try', 'try the roles of all profiles of the list, not of the new ones alone')
    .action((list: string | undefined, options: SyncOptions) => syncProfiles(list, options, context))
  profiles
    .command('remove')
    .description('take a profile out of config.toml and ~/.aws/config')
    .argument('<profile>', 'the profile')
    .action((name: string) => removeProfile(name, context))
  profiles
    .command('list')
    .description('list the profiles, or print what the AWS tools need to know about them')
    .option('--json', 'print it as JSON')
    .option('--block', 'print the blocks that ~/.aws/config lacks')
    .action(async ({ json, block }: { json?: true; block?: true }) => {
      if (json && block) {
        throw new HelperError('USAGE', '--json and --block cannot be used together', {
          hint: 'latchkey help aws profiles list',
        })
      }
      const profiles = (await knownProfiles(context)).filter(({ isOnlyHere }) => !isOnlyHere)
      if (block) printBlocks(profiles, context)
      else context.print(json ? `${displayJson({ profiles }, 2)}\n` : formatProfiles(profiles))
    })
}

const collect = (value: string, former: readonly string[] = []) => [...former, value]

/**
 * Only blocks go to the standard output, so that it can be appended to the file, even twice: a profile that is already
 * there gets no block, because botocore refuses a file that has a profile twice.
 */
function printBlocks(profiles: readonly KnownProfile[], { print, note, commandPath }: CommandContext): void {
  const own = profiles.filter(({ definedIn, awsFiles }) => definedIn === 'config.toml' && awsFiles !== 'latchkey')
  const blocks: string[] = []
  for (const { name, region, awsFiles } of own) {
    const block = awsConfigBlock({ name, region, latchkey: commandPath })
    if (awsFiles === 'other') {
      const line = credentialProcess(name, commandPath)
      note(`${displayLine(name)} is already in the AWS files; its section should have:\n  ${displayLine(line)}\n`)
    } else if (block === undefined) note(`${displayLine(name)} is not a name that all AWS tools can read\n`)
    else blocks.push(block)
  }
  if (own.length === 0) note('the AWS files already have every profile of config.toml\n')
  // An empty line first: the last line of the file may have no end.
  print(blocks.map((block) => `\n${block}`).join(''))
}

/** Where a profile is defined, in words. */
const places: Readonly<Record<AwsProfileEntry['definedIn'], string>> = {
  'config.toml': 'config.toml',
  'aws-files': 'AWS files',
}

function formatProfiles(profiles: readonly KnownProfile[]): string {
  if (profiles.length === 0) return 'no AWS profile is configured; begin with: latchkey aws keys add\n'
  const rows = profiles.map(({ name, region, definedIn, awsFiles, ...rest }) => [
    name,
    region ?? '-',
    places[definedIn],
    [awsFiles === 'latchkey' ? 'ask latchkey' : 'do not ask latchkey', ...remarks(rest)].join('; '),
  ])
  return formatTable([['PROFILE', 'REGION', 'DEFINED IN', 'AWS TOOLS'], ...rows])
}

/** What is special about a profile, in words. */
function remarks({ accountAlias, until }: Pick<AwsProfileEntry, 'accountAlias' | 'until'>): string[] {
  return [
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(accountAlias === undefined ? [] : [`account alias ${accountAlias.name} ${aliasWords[accountAlias.state]}`]),
  ]
}

const aliasWords = {
  verified: 'is verified',
  unverified: 'is not verified',
  wrong: 'is not that of its account',
} as const satisfies Record<NonNullable<AwsProfileEntry['accountAlias']>['state'], string>
