import { type Command, InvalidArgumentError, Option } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { parseDurationSeconds } from '../../core/time/duration.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { isKeyFile, readHostKeys } from '../host-sign/host-keys.ts'
import { hostNamesMistake, parseHostNames } from '../host-sign/host-names.ts'
import { installScript, keyFileOf } from '../host-sign/install-script.ts'
import { refuseSeveralOfType } from '../host-sign/one-of-a-type.ts'
import { sshDestination } from './ssh-target.ts'

interface HostSignOptions {
  ca?: string
  vault?: string
  mount?: string
  role?: string
  principals?: readonly string[]
  ttl?: number
  json?: true
}

/** `latchkey ssh host-sign` */
export function addSshHostSignCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('host-sign')
    .description('have the keys of a host certified, and print a script that installs the certificates there')
    .argument(
      '<from>',
      'a .pub file (a path, or a name that ends in .pub), - for the standard input, or a host that known_hosts has',
      keySource,
    )
    .option('--ca <name>', 'the [ssh.host_ca.NAME] whose vault, mount and role sign (default: the only one)')
    .addOption(new Option('--vault <name>', 'the vault that signs').conflicts('ca'))
    .addOption(new Option('--mount <mount>', 'the mount that signs (default: ssh)').conflicts('ca'))
    .option('--role <role>', 'the role that signs (default: that of the section)')
    .option(
      '--principals <names>',
      'what the host is called, separated by commas (default: its name in ssh_config)',
      hostNames,
    )
    .option('--ttl <duration>', 'for how long, such as 30d (default: as long as the role says)', lifetime)
    .option('--json', 'print the certificates as JSON')
    .action((from: string, options: HostSignOptions) => signHost(from, options, context))
}

async function signHost(from: string, options: HostSignOptions, context: CommandContext): Promise<void> {
  const found = await readHostKeys(from, context)
  const principals = options.principals ?? found.principals
  if (principals === undefined) {
    throw new HelperError('USAGE', 'it is not said what the host is called', {
      hint: 'latchkey ssh host-sign --principals NAME,ADDRESS …, as ssh is told to connect to it',
    })
  }
  const keys = options.json ? found.keys : found.keys.filter((key) => keyFileOf(key) !== undefined)
  if (keys.length === 0) {
    throw new HelperError(
      'REFUSED',
      'sshd has no key of this type by itself, so there is no script that installs its certificate',
      {
        hint: 'for the certificate alone: latchkey ssh host-sign --json …',
      },
    )
  }
  if (!options.json) {
    const name = from === '-' ? 'the standard input' : from
    const then = 'then give that one alone, or for certificates without a script: latchkey ssh host-sign --json …'
    refuseSeveralOfType(
      keys.map((line) => ({ line })),
      name,
      then,
    )
  }
  const { ca, vault, mount, role, ttl } = options
  const signed = await context.daemon.call('signHostKeys', {
    body: {
      keys: [...keys],
      principals: [...principals],
      ...(ca === undefined ? {} : { ca }),
      ...(vault === undefined ? {} : { vault }),
      ...(mount === undefined ? {} : { mount }),
      ...(role === undefined ? {} : { role }),
      ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    },
  })
  if (options.json) return context.print(`${displayJson({ ...signed, principals }, 2)}\n`)
  const certificates = signed.certificates.map((certificate, index) => ({ ...certificate, key: keys[index]! }))
  context.print(installScript(principals, certificates))
  const signer = displayLine(`${signed.vault}/${signed.mount}/${signed.role}`)
  for (const { fingerprint, expiresAt } of certificates)
    context.note(`${signer} certifies ${fingerprint} for ${principals.join(', ')} until ${expiresAt}\n`)
}

/** What is neither a file nor the standard input is handed to ssh. */
function keySource(text: string): string {
  return text === '-' || isKeyFile(text) ? text : sshDestination(text)
}

function hostNames(text: string): readonly string[] {
  const mistake = hostNamesMistake(text)
  if (mistake !== undefined) throw new InvalidArgumentError(`It ${mistake}.`)
  return parseHostNames(text)
}

function lifetime(text: string): number {
  const seconds = parseDurationSeconds(text)
  if (seconds === undefined || seconds < 60)
    throw new InvalidArgumentError('That is no duration from a minute on, such as 30d.')
  return seconds
}
