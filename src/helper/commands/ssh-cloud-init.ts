import { type Command, InvalidArgumentError, Option } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import { readBreakGlassKey } from '../cloud-init/break-glass.ts'
import { explainUsualLine } from '../cloud-init/explain-line.ts'
import { mergePrincipals, type PrincipalsOfUser, parsePrincipals, principalsMistake } from '../cloud-init/principals.ts'
import { sizeNote, type UserDataFormat, userDataFormats, writeUserData } from '../cloud-init/user-data.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

interface CloudInitOptions {
  identity?: string[]
  vault?: string
  mount?: string[]
  issuer?: string[]
  principals?: PrincipalsOfUser[]
  breakGlass?: string
  format: UserDataFormat
  explain?: true
}

/** `latchkey ssh cloud-init` */
export function addSshCloudInitCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('cloud-init')
    .description('print user data with which a new machine trusts the CA of an identity')
    .option('--identity <name>', 'the CA of this identity; may be repeated', collect)
    .addOption(new Option('--vault <name>', 'the vault that has the CA').conflicts('identity'))
    .addOption(
      new Option('--mount <mount>', 'the mount of the CA; may be repeated').argParser(collect).conflicts('identity'),
    )
    .option(
      '--issuer <ref>',
      'of the mount, this issuer (OpenBao; default: the one that signs); may be repeated',
      collect,
    )
    .option('--principals <principals>', 'USER=a,b: who logs in as that user; may be repeated', collectPrincipals)
    .option('--break-glass <file>', 'a public key that logs in without the CA, as the default user of the image')
    .addOption(new Option('--format <format>', 'the form').choices(userDataFormats).default('cloud-config'))
    .option('--explain', 'say what the line that is often used for this does wrong, and print no user data')
    .action((options: CloudInitOptions) => printUserData(options, context))
}

async function printUserData(options: CloudInitOptions, context: CommandContext): Promise<void> {
  const { identity: identities, vault, mount: mounts, issuer: issuers, format } = options
  if (options.breakGlass !== undefined && format === 'shell') {
    throw new HelperError('USAGE', 'a script has no way to the default user of an image', {
      hint: 'latchkey ssh cloud-init --format mime --break-glass KEY.pub',
    })
  }
  const breakGlass = options.breakGlass === undefined ? undefined : await readBreakGlassKey(options.breakGlass)
  const { cas } = await context.daemon.call('readSshCas', {
    body: {
      ...(identities && { identities }),
      ...(vault === undefined ? {} : { vault }),
      ...(mounts && { mounts }),
      ...(issuers && { issuers }),
    },
  })
  const caKeys = cas.map(({ key }) => key)
  if (options.explain) return context.print(explainUsualLine(caKeys))
  const principals = mergePrincipals(options.principals ?? [])
  const userData = writeUserData({ format, caKeys, principals, breakGlass })
  context.print(userData)
  for (const { vault: name, mount, fingerprint } of cas)
    context.note(`trusts ${fingerprint}, the CA of ${displayLine(name)}/${displayLine(mount)}\n`)
  const tooLarge = sizeNote(userData)
  if (tooLarge !== undefined) context.note(`${tooLarge}\n`)
}

const collect = (value: string, former: readonly string[] = []) => [...former, value]

function collectPrincipals(text: string, former: readonly PrincipalsOfUser[] = []): PrincipalsOfUser[] {
  const mistake = principalsMistake(text)
  if (mistake !== undefined) throw new InvalidArgumentError(mistake)
  return [...former, parsePrincipals(text)]
}
