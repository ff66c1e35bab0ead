import { join } from 'node:path'
import { homeFolder } from '../../core/places/home.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { InstanceKeys } from '../../ipc/endpoints/aws-instances.ts'
import { formatHostName, type HostName } from '../../ssh/known-hosts/host-name.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { confirmShown } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { hostNamesOf } from './host-list.ts'
import { createPinning } from './known-hosts-edit.ts'
import { noKeysError } from './no-keys.ts'
import { refuseOtherKeys } from './other-known-hosts.ts'
import { pinnedNames } from './pinned-names.ts'

/** What `latchkey ssh trust` is told. */
export interface TrustOptions {
  profile: string
  region?: string
  /** Absent: all names that EC2 has. */
  hosts?: readonly HostName[]
  yes?: true
}

/** Pins the host keys that the console of a machine shows, once a person has seen them. @throws {HelperError} */
export async function trustInstance(instance: string, options: TrustOptions, context: CommandContext): Promise<void> {
  const { profile, region, yes } = options
  const { daemon, environment, print, note } = context
  const body = { profile, instance, ...(region === undefined ? {} : { region }) }
  const answer = await daemon.call('readInstanceKeys', { body })
  const found = { ...options, region: answer.region }
  if (answer.type !== 'shown') throw noKeysError(answer, { instance, again: commandLine(instance, found) })
  const hosts = options.hosts ?? hostsOf(instance, answer, found)
  const file = join(homeFolder(environment), '.ssh', 'known_hosts')
  const { names, elsewhere, notes } = await pinnedNames(hosts, file, context)
  const keys = answer.keys.map(({ line }) => parsePublicKeyLine(line).blob)
  const [shown, said] = [describe(instance, answer, hosts), [...remarks(answer), ...notes].join('')]
  await context.show(shown)
  note(said)
  const tell = (text: string) => note(`${displayLine(text)}\n`)
  await refuseOtherKeys(elsewhere, keys, tell)
  const pin = createPinning(file, names, keys, tell)
  const missing = await pin(true)
  const all = names.length * keys.length
  if (missing === 0) return print(`${displayLine(file)} has them all already\n`)
  if (yes === undefined) {
    const what = keys.length === 1 ? 'this key' : `these ${keys.length} keys`
    const hint = `look at it, then: ${commandLine(instance, { ...found, yes: true })}`
    await confirmShown(context, { shown: `${shown}${said}`, question: `trust ${what} from now on, in ${file}?`, hint })
  }
  const added = await pin(false)
  const present = added === all ? '' : `, and had the other ${all - added} already`
  print(`${displayLine(file)} has ${added} new ${added === 1 ? 'line' : 'lines'}${present}\n`)
}

/** What a person runs to have the same again. */
function commandLine(instance: string, { profile, region, hosts, yes }: TrustOptions): string {
  return [
    `latchkey ssh trust ${shellWord(instance)} --profile ${shellWord(profile)}`,
    ...(region === undefined ? [] : [`--region ${shellWord(region)}`]),
    ...(hosts === undefined ? [] : [`--hosts ${shellWord(hosts.map(formatHostName).join(','))}`]),
    ...(yes === undefined ? [] : ['--yes']),
  ].join(' ')
}

/** @throws {HelperError} REFUSED: it has none */
function hostsOf(instance: string, { names }: InstanceKeys, options: TrustOptions): readonly HostName[] {
  const hosts = hostNamesOf(names)
  if (hosts !== undefined && hosts.length > 0) return hosts
  throw new HelperError('REFUSED', `EC2 has neither a name nor an address of ${instance}`, {
    hint: `${commandLine(instance, options)} --hosts NAME`,
  })
}

function describe(instance: string, { region, keys }: InstanceKeys, hosts: readonly HostName[]): string {
  const lines = keys.map(({ line, bits, fingerprint }) => `  ${line.split(' ')[0]} ${bits} ${fingerprint}`)
  const names = hosts.map(formatHostName).join(', ')
  return [`the console of ${instance} in ${region} shows the host keys`, ...lines, `for ${names}`]
    .map((line) => `${line}\n`)
    .join('')
}

/** What a person should know before they say yes. */
function remarks({ former, unreadable }: InstanceKeys): readonly string[] {
  return [
    ...(former.length === 0
      ? []
      : [
          `before these it has shown others, which are not trusted: ${former.map((one) => displayLine(one)).join(', ')}\n`,
        ]),
    ...(unreadable === 0
      ? []
      : [`${unreadable} more ${unreadable === 1 ? 'line is' : 'lines are'} no key that can be read, and left out\n`]),
  ]
}
