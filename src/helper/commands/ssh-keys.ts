import { type Command, InvalidArgumentError } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { parseDurationSeconds } from '../../core/time/duration.ts'
import type { CommandContext } from '../command-context.ts'
import { type AddSshKeyOptions, addSshKey } from '../ssh-keys/add-key.ts'
import { formatStaticKeys } from '../ssh-keys/key-list.ts'
import { warnOfPlaintext } from '../ssh-keys/plaintext-warnings.ts'
import { restoreKeys } from '../ssh-keys/restore-keys.ts'

/** `latchkey ssh keys …` */
export function addSshKeysCommands(ssh: Command, context: CommandContext): void {
  const keys = ssh.command('keys').description('static keys in the keychain, for machines that know no certificates')
  keys
    .command('add')
    .description(
      "store a private key in OpenSSH's form, PEM, PKCS #8 or PuTTY's; its passphrase is asked for in this terminal",
    )
    .argument('<file>', 'the file of the key, or - for the standard input')
    .option('--name <name>', 'what it is called here (default: the name of the file)')
    .option('--hosts <hosts>', 'the hosts that it is for, as in config.toml, separated by commas', hostList)
    .option('--confirm', 'a person has to confirm each use')
    .option('--lifetime <duration>', 'how long it stays in memory once it was needed, such as 8h', lifetime)
    .option('--no-hosts', 'for every host')
    .option('--no-confirm', 'nobody has to confirm its uses')
    .option('--no-lifetime', 'it stays in memory until the daemon ends')
    .option('--delete-file', 'delete the file when the stored key has signed')
    .action((file: string, options: AddSshKeyOptions) => addSshKey(file, options, context))
  keys
    .command('list')
    .description('list the static keys; the keychain stays closed')
    .option('--json', 'print it as JSON')
    .action(({ json }: { json?: true }) => listKeys(json === true, context))
  keys
    .command('restore')
    .description('list again what the keychain holds, where the list of static keys is lost, damaged or edited')
    .action(() => restoreKeys(context))
  keys
    .command('remove')
    .description('remove a key from the keychain; there is no other copy of it here')
    .argument('<name>', 'the name, as latchkey ssh keys list shows it')
    .action(async (name: string) => {
      await context.daemon.call('removeSshKey', { params: { name } })
      context.print(`removed the static key ${displayLine(name)} from the keychain\n`)
    })
}

async function listKeys(isJson: boolean, context: CommandContext): Promise<void> {
  const list = await context.daemon.call('listSshKeys')
  if (isJson) return context.print(`${displayJson(list, 2)}\n`)
  const { keys, strays = [] } = list
  context.print(formatStaticKeys(list) || 'there is no static key; latchkey ssh keys add FILE stores one\n')
  await warnOfPlaintext(keys, context)
  if (strays.length > 0)
    context.note(
      `the keychain has static keys that are not listed, and so not in use: ${strays.map((name) => displayLine(name)).join(', ')}\nhint: latchkey ssh keys restore\n`,
    )
}

function hostList(text: string): string[] {
  const hosts = text.split(/[\s,]+/).filter((host) => host !== '')
  if (hosts.length === 0) throw new InvalidArgumentError('leave it out for every host')
  return hosts
}

function lifetime(text: string): number {
  const seconds = parseDurationSeconds(text)
  if (seconds === undefined || seconds < 1 || seconds > 31_536_000)
    throw new InvalidArgumentError('write 1s to 365d, such as 30m or 8h')
  return seconds
}
